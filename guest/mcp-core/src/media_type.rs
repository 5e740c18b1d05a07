//! Media types of answers (RFC 9110 section 8.3.1).

/// What MCP distinguishes in a `content-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// `application/json`, or a type with the `+json` suffix (RFC 6839).
    Json,
    /// `text/event-stream`.
    EventStream,
    /// Anything else, or nothing.
    Other,
}

impl MediaType {
    /// Reads a field value: case does not matter, parameters are skipped.
    pub(crate) fn of(content_type: Option<&str>) -> Self {
        let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        match essence.as_str() {
            "text/event-stream" => Self::EventStream,
            "application/json" => Self::Json,
            other if other.starts_with("application/") && other.ends_with("+json") => Self::Json,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MediaType;

    /// Catches a comparison of the whole field value, which fails on `; charset=utf-8`.
    #[test]
    fn parameters_and_case_do_not_matter() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;x",
            "application/vnd.api+json",
        ] {
            assert_eq!(MediaType::of(Some(json)), MediaType::Json, "{json}");
        }
        assert_eq!(MediaType::of(Some(" Text/Event-Stream ;a=b")), MediaType::EventStream);
    }

    /// Catches a prefix match, which takes `application/jsonp` or `text/event-streams` for ours.
    #[test]
    fn neighbours_of_a_known_type_are_other() {
        for other in
            ["application/jsonp", "application/xml", "text/x+json", "text/event-streams", ""]
        {
            assert_eq!(MediaType::of(Some(other)), MediaType::Other, "{other}");
        }
        assert_eq!(MediaType::of(None), MediaType::Other);
    }
}
