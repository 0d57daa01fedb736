//! `ECDSA-Sig-Value` (RFC 3279, section 2.2.3) for P-256: strict and lax reading.

/// The two integers of a signature, 32 bytes each, big-endian. Their range is not judged here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Integers {
    pub(crate) r: [u8; 32],
    pub(crate) s: [u8; 32],
}

/// Reads canonical DER: short lengths, minimal unsigned integers of at most 32 bytes, nothing after them.
pub(crate) fn read_canonical(der: &[u8]) -> Option<Integers> {
    let (content, after) = element(der, 0x30)?;
    let (r, content) = element(content, 0x02)?;
    let (s, content) = element(content, 0x02)?;
    if !after.is_empty() || !content.is_empty() {
        return None;
    }
    Some(Integers { r: unsigned(r)?, s: unsigned(s)? })
}

/// Reads what the npm client reads in target bundles: integers padded or cut of zeros, text after them ignored.
pub(crate) fn read_lax(der: &[u8]) -> Option<Integers> {
    let (&length, content) = der.strip_prefix(&[0x30])?.split_first()?;
    if length > 0x7f || content.len() < usize::from(length) {
        return None;
    }
    let (r, content) = element(content, 0x02)?;
    let (s, _) = element(content, 0x02)?;
    Some(Integers { r: fitted(r)?, s: fitted(s)? })
}

/// The content of an element with this tag and a one-byte length, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&length, content) = bytes.strip_prefix(&[tag])?.split_first()?;
    if length > 0x7f { None } else { content.split_at_checked(usize::from(length)) }
}

fn unsigned(integer: &[u8]) -> Option<[u8; 32]> {
    match integer {
        [] | [0x80..=0xff, ..] => None,
        [0, 0x80..=0xff, ..] | [0] => fitted(integer),
        [0, ..] => None,
        _ => fitted(integer),
    }
}

fn fitted(integer: &[u8]) -> Option<[u8; 32]> {
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    let significant = &integer[zeros..];
    let mut fixed = [0; 32];
    fixed.get_mut(32_usize.checked_sub(significant.len())?..)?.copy_from_slice(significant);
    Some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DER of a sequence of two integers with the given content bytes.
    fn sequence(r: &[u8], s: &[u8]) -> Vec<u8> {
        let mut content = vec![0x02, u8::try_from(r.len()).unwrap()];
        content.extend_from_slice(r);
        content.extend_from_slice(&[0x02, u8::try_from(s.len()).unwrap()]);
        content.extend_from_slice(s);
        let mut der = vec![0x30, u8::try_from(content.len()).unwrap()];
        der.extend(content);
        der
    }

    #[test]
    fn canonical_signatures_are_read() {
        let high = [&[0][..], &[0xff; 32]].concat();
        for (r, s) in [(&[1][..], &[2][..]), (&[0x7f; 32], &[0x7f; 32]), (&high, &high), (&[0], &[0])] {
            assert!(read_canonical(&sequence(r, s)).is_some(), "{r:?} {s:?}");
        }
        let integers = read_canonical(&sequence(&[5], &high)).unwrap();
        assert_eq!((integers.r[31], integers.r[0], integers.s), (5, 0, [0xff; 32]));
    }

    #[test]
    fn every_other_encoding_is_refused() {
        let good = sequence(&[0x11; 32], &[0x22; 32]);
        let mut long_form = vec![0x30, 0x81];
        long_form.extend_from_slice(&good[1..]);
        let mut indefinite = vec![0x30, 0x80];
        indefinite.extend_from_slice(&good[2..]);
        indefinite.extend_from_slice(&[0, 0]);
        let mut inner_long_form = vec![0x30, good[1] + 1, 0x02, 0x81];
        inner_long_form.extend_from_slice(&good[3..]);
        let mut other_tag = good.clone();
        other_tag[0] = 0x31;
        let mut other_inner_tag = good.clone();
        other_inner_tag[2] = 0x03;
        let mut length_too_long = good.clone();
        length_too_long[1] += 1;
        let mut length_too_short = good.clone();
        length_too_short[1] -= 1;
        let mut third_integer = good.clone();
        third_integer.extend_from_slice(&[0x02, 0x01, 0x01]);
        third_integer[1] += 3;
        let table: [(&str, Vec<u8>); 18] = [
            ("empty", vec![]),
            ("tag alone", vec![0x30]),
            ("no integers", vec![0x30, 0]),
            ("one integer", vec![0x30, 3, 0x02, 1, 1]),
            ("trailing byte", [&good[..], &[0]].concat()),
            ("truncated", good[..good.len() - 1].to_vec()),
            ("long form", long_form),
            ("long form inside", inner_long_form),
            ("indefinite length", indefinite),
            ("other tag", other_tag),
            ("other tag inside", other_inner_tag),
            ("sequence length too long", length_too_long),
            ("sequence length too short", length_too_short),
            ("third integer", third_integer),
            ("needless zero", sequence(&[0, 1], &[1])),
            ("negative", sequence(&[1], &[0x80])),
            ("empty integer", sequence(&[], &[1])),
            ("33 significant bytes", sequence(&[0x11; 33], &[1])),
        ];
        for (name, der) in table {
            assert_eq!(read_canonical(&der), None, "{name}");
        }
    }

    #[test]
    fn the_lax_reader_is_lax_only_in_padding_and_trailing_text() {
        let expected = read_canonical(&sequence(&[1], &[2])).unwrap();
        assert_eq!(read_lax(&sequence(&[0, 1], &[0, 0, 2])), Some(expected));
        assert_eq!(read_lax(&[&sequence(&[1], &[2])[..], b"more"].concat()), Some(expected));
        assert_eq!(read_lax(&[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1]), None);
        assert_eq!(read_lax(&sequence(&[0x11; 33], &[1])), None);
    }
}
