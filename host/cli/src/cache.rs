//! Where the compiled component is kept between two runs.

use std::ffi::OsString;
use std::path::PathBuf;

/// The directory that the environment names: `SANDBAR_CACHE_DIR`, or `sandbar` in the cache of
/// the user (XDG Base Directory Specification). None where there is no such thing: the component
/// is compiled each time then.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    choose(|name| std::env::var_os(name))
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name| variable(name).map(PathBuf::from);
    // The specification says to ignore what is relative or empty.
    let absolute = |name| path(name).filter(|path| path.is_absolute());
    path("SANDBAR_CACHE_DIR")
        .filter(|path| !path.as_os_str().is_empty())
        .and_then(|path| std::path::absolute(path).ok())
        .or_else(|| absolute("XDG_CACHE_HOME").map(|path| path.join("sandbar")))
        .or_else(|| absolute("HOME").map(|path| path.join(".cache").join("sandbar")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)]) -> Option<PathBuf> {
        choose(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    /// Catches a precedence that ignores what the user set on purpose.
    #[test]
    fn the_most_specific_variable_wins() {
        let all = [("SANDBAR_CACHE_DIR", "/s"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        let [_, xdg, home] = all;
        assert_eq!(chosen(&all), Some("/s".into()));
        assert_eq!(chosen(&[xdg, home]), Some("/x/sandbar".into()));
        assert_eq!(chosen(&[home]), Some("/h/.cache/sandbar".into()));
        assert_eq!(chosen(&[]), None);
    }

    /// Catches a cache in the current directory, where anybody may have written.
    #[test]
    fn relative_and_empty_directories_are_ignored() {
        let variables = [("SANDBAR_CACHE_DIR", ""), ("XDG_CACHE_HOME", "cache"), ("HOME", "")];
        assert_eq!(chosen(&variables), None);
    }
}
