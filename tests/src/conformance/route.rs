//! Which operation of the document a request is for.

/// A path template of the document, cut into segments.
#[derive(Debug)]
pub(super) struct Template {
    segments: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Literal(String),
    Variable(String),
}

impl Template {
    pub(super) fn parse(template: &str) -> Self {
        let segments = template
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) => Segment::Variable(name.to_owned()),
                None => Segment::Literal(segment.to_owned()),
            })
            .collect();
        Self { segments }
    }

    /// The variables of `path`, percent-decoded, if it fits. Empty segments don't count, as in the server's router.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let given = decoded_segments(path)?;
        if given.len() != self.segments.len() {
            return None;
        }
        let mut variables = Vec::new();
        for (segment, given) in self.segments.iter().zip(given) {
            match segment {
                Segment::Literal(literal) if *literal == given => {}
                Segment::Literal(_) => return None,
                Segment::Variable(name) => variables.push((name.as_str(), given)),
            }
        }
        Some(variables)
    }

    /// Literal segments win over variables.
    pub(super) fn variables(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Variable(_))).count()
    }
}

/// Whether a path has segments that any template could take. One with bytes that are no UTF-8, or with dot segments, is
/// no route at all: the server's router refuses it before it looks for an operation.
pub(super) fn is_decodable(path: &str) -> bool {
    decoded_segments(path).is_some()
}

fn decoded_segments(path: &str) -> Option<Vec<String>> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.map(|segment| if matches!(segment, "." | "..") { None } else { percent_decoded(segment) }).collect()
}

fn percent_decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digits = [*high, *low];
                let value = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.push(value.unwrap_or(b'?'));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_takes_paths_of_its_own_shape_only() {
        let template = Template::parse("/auth/sessions/{id}/refresh");
        let id = |path| template.matches(path).map(|variables| variables[0].1.clone());
        assert_eq!(id("/auth/sessions/Session%3A1/refresh").as_deref(), Some("Session:1"));
        assert_eq!(id("//auth/sessions/x/refresh/").as_deref(), Some("x"));
        for other in
            ["/auth/sessions/x", "/auth/sessions/x/refresh/y", "/auth/sessions//refresh", "/Auth/sessions/x/refresh"]
        {
            assert_eq!(id(other), None, "{other}");
        }
        for undecodable in ["/auth/sessions/%FF/refresh", "/auth/sessions/../refresh"] {
            assert!(!is_decodable(undecodable) && id(undecodable).is_none(), "{undecodable}");
        }
    }
}
