//! The first line of an entry in a list.

/// `name  Title: description`, of the description the first line.
pub(crate) fn heading(name: &str, title: Option<&str>, description: Option<&str>) -> String {
    let description = description.and_then(|text| text.trim_start().lines().next());
    match (title.filter(|title| *title != name), description) {
        (Some(title), Some(description)) => format!("{name}  {title}: {description}"),
        (Some(text), None) | (None, Some(text)) => format!("{name}  {text}"),
        (None, None) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches separators around what is not there, and a title that repeats the name.
    #[test]
    fn what_is_missing_leaves_no_trace() {
        assert_eq!(heading("a", Some("A"), Some("\n does\nmore")), "a  A: does");
        assert_eq!(heading("a", Some("a"), Some("does")), "a  does");
        assert_eq!(heading("a", Some("A"), None), "a  A");
        assert_eq!(heading("a", None, None), "a");
    }
}
