//! A sealed value opens in its own place, under its own master key, unchanged, and nowhere else.

use countersign_flow::FlowError;
use countersign_flow::id::PlatformId;
use countersign_flow::sealing::{MasterKey, MasterKeys, Seat, open, seal};
use uuid::Uuid;

use crate::entropy::Seeded;
use crate::rng;

const SEAT: Seat<'_> = Seat {
    purpose: "otp-target",
    platform: Some(PlatformId::from_uuid(Uuid::from_u128(1))),
    table: "otp_issues",
    column: "target_key",
    row_id: "OtpIssue:1",
    public_key: &[4, 5, 6],
};

fn master(seed: u8) -> MasterKey {
    MasterKey::from_bytes(&[seed; 32])
}

#[test]
fn a_value_opens_in_its_seat() {
    let sealed = seal(&master(1), &SEAT, b"scalar", &mut rng()).unwrap();
    assert_eq!(open(&MasterKeys::new(master(1)), &SEAT, &sealed).unwrap().as_slice(), b"scalar");
    assert_eq!(sealed.len(), 1 + 16 + 12 + 6 + 16);
    assert!(!sealed.windows(6).any(|window| window == b"scalar"));
}

#[test]
fn a_value_opens_in_no_other_seat() {
    let sealed = seal(&master(1), &SEAT, b"scalar", &mut rng()).unwrap();
    let others = [
        Seat { purpose: "quorum", ..SEAT },
        Seat { platform: None, ..SEAT },
        Seat { platform: Some(PlatformId::from_uuid(Uuid::from_u128(2))), ..SEAT },
        Seat { table: "signing_keys", ..SEAT },
        Seat { column: "mac", ..SEAT },
        Seat { row_id: "OtpIssue:2", ..SEAT },
        Seat { public_key: &[4, 5, 7], ..SEAT },
        Seat { public_key: &[], ..SEAT },
        // The same bytes in a row, cut at another place.
        Seat { table: "otp_issuestarget", column: "_key", ..SEAT },
        Seat { purpose: "otp-targetotp", table: "_issues", ..SEAT },
    ];
    for other in others {
        assert_eq!(
            open(&MasterKeys::new(master(1)), &other, &sealed),
            Err(FlowError::SealedValueNotOpened),
            "{other:?}"
        );
    }
}

#[test]
fn two_rows_cannot_swap_their_values() {
    let other = Seat { row_id: "OtpIssue:2", public_key: &[7, 8, 9], ..SEAT };
    let masters = MasterKeys::new(master(1));
    let mut rng = rng();
    let first = seal(masters.current(), &SEAT, b"first", &mut rng).unwrap();
    let second = seal(masters.current(), &other, b"second", &mut rng).unwrap();
    assert!(open(&masters, &SEAT, &second).is_err());
    assert!(open(&masters, &other, &first).is_err());
    // Nor header and text apart.
    let spliced = [&first[..29], &second[29..]].concat();
    assert!(open(&masters, &SEAT, &spliced).is_err());
    assert!(open(&masters, &other, &spliced).is_err());
}

#[test]
fn no_changed_bit_and_no_lost_byte_goes_unnoticed() {
    let masters = MasterKeys::new(master(1));
    let sealed = seal(masters.current(), &SEAT, b"scalar", &mut rng()).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let expected = match bit / 8 {
            0 => FlowError::SealedValueMalformed,
            1..=16 => FlowError::MasterKeyUnknown,
            _ => FlowError::SealedValueNotOpened,
        };
        assert_eq!(open(&masters, &SEAT, &changed), Err(expected), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(open(&masters, &SEAT, &sealed[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn after_a_rotation_old_values_open_and_new_ones_are_sealed_by_the_new_key() {
    let old = seal(&master(1), &SEAT, b"old", &mut rng()).unwrap();
    assert_eq!(open(&MasterKeys::new(master(2)), &SEAT, &old), Err(FlowError::MasterKeyUnknown));

    let rotated = MasterKeys::new(master(2)).with_previous(master(1));
    assert_eq!(open(&rotated, &SEAT, &old).unwrap().as_slice(), b"old");
    let new = seal(rotated.current(), &SEAT, b"new", &mut rng()).unwrap();
    assert_eq!(open(&MasterKeys::new(master(1)), &SEAT, &new), Err(FlowError::MasterKeyUnknown));
    assert_eq!(open(&rotated, &SEAT, &new).unwrap().as_slice(), b"new");
}

#[test]
fn one_text_is_sealed_differently_each_time() {
    let mut rng = rng();
    let [a, b] = [(); 2].map(|()| seal(&master(1), &SEAT, b"scalar", &mut rng).unwrap());
    assert_ne!(a, b);
}

#[test]
fn master_keys_have_distinct_ids_that_do_not_tell_them() {
    let (a, b) = (MasterKey::generate(&mut Seeded::new(1)), MasterKey::generate(&mut Seeded::new(2)));
    assert_ne!(a.id(), b.id());
    assert_eq!(a.id(), MasterKey::from_bytes(&a.to_bytes()).id());
    let shown = format!("{a:?}");
    assert!(!shown.contains(&hex::encode(&a.to_bytes()[..8])), "{shown}");
}
