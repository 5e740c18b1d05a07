//! Why arguments do not fit.

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
