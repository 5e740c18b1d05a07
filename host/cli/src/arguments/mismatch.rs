//! Why arguments do not fit, and what was probably meant.

use crate::limits::COMPARED_CHARACTERS;

/// The first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    /// There is no argument of this name.
    #[error("there is no argument `{name}`{}", suggestion(.nearest.as_deref()))]
    Unknown {
        /// The name.
        name: String,
        /// The argument that was probably meant.
        nearest: Option<String>,
    },
    /// Required arguments were not given.
    #[error("missing: {}", .names.join(", "))]
    Missing {
        /// Their names.
        names: Vec<String>,
    },
    /// A value is of another type.
    #[error("`{name}` takes {wanted}, not `{text}`")]
    Type {
        /// The argument.
        name: String,
        /// What it may be.
        wanted: String,
        /// What was given.
        text: String,
    },
}

/// ", did you mean ...?", where something is near enough.
pub(crate) fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// The name that is most like `asked`, if one is like it at all: fewer than half of the
/// characters differ.
pub(crate) fn nearest<'a>(
    asked: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let asked = comparable(asked)?;
    names
        .into_iter()
        .filter_map(|name| Some((distance(&asked, &comparable(name)?)?, name)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The name as it is compared; none if it is too long for that.
fn comparable(name: &str) -> Option<String> {
    let is_short = name.chars().nth(COMPARED_CHARACTERS).is_none();
    is_short.then(|| name.to_lowercase().replace('-', "_"))
}

/// How many edits lead from one to the other; none if they have little in common.
fn distance(a: &str, b: &str) -> Option<usize> {
    let distance = strsim::osa_distance(a, b);
    let longer = a.chars().count().max(b.chars().count());
    (distance * 2 < longer).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a distance in which swapped letters count twice, or the first match wins.
    #[test]
    fn the_nearest_of_several_similar_names_is_found() {
        assert_eq!(nearest("ehco", ["eco_friendly", "each", "echo"]), Some("echo"));
        assert_eq!(nearest("get-weather", ["get_leather", "get_weather"]), Some("get_weather"));
    }

    /// Catches suggestions that have nothing to do with what was typed.
    #[test]
    fn names_with_little_in_common_are_not_suggested() {
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest("delete", ["add", "echo"]), None);
    }

    /// Catches a comparison that takes for ever because a server says so.
    #[test]
    fn overlong_names_are_not_compared() {
        let long = "x".repeat(COMPARED_CHARACTERS + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }
}
