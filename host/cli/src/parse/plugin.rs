//! `--plugin FILE[:GRANT[,GRANT]]`

use crate::limits::PLUGIN_BYTES;
use crate::parse::source::{SourceError, read_file};
use sandbar::{Grant, Plugin};
use std::path::PathBuf;

/// A plugin by its file, and what it is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PluginFile {
    path: PathBuf,
    grants: Vec<Grant>,
}

impl PluginFile {
    /// Parses the option. Whatever follows the last colon is grants, if it looks like names: of a file
    /// that ends so, `./FILE:` is the spelling.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase());
        let (path, names) = match text.rsplit_once(':') {
            Some((path, names)) if names.split(',').all(is_name) => (path, names),
            _ => (text, ""),
        };
        if path.is_empty() {
            return Err("the name of a file is expected".to_owned());
        }
        let names = names.split(',').filter(|name| !name.is_empty());
        let grants = names.map(grant).collect::<Result<_, _>>()?;
        Ok(Self { path: path.into(), grants })
    }

    /// Reads the file. The plugin is called by its name, without what follows the first point.
    pub(crate) fn read(&self) -> Result<Plugin, SourceError> {
        let component = read_file("--plugin", &self.path, PLUGIN_BYTES)?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.split('.').next().unwrap_or_default();
        let plugin = Plugin::new(name, component);
        Ok(self.grants.iter().fold(plugin, |plugin, grant| plugin.grant(*grant)))
    }
}

fn grant(name: &str) -> Result<Grant, String> {
    Grant::named(name).ok_or_else(|| {
        let all: Vec<_> = Grant::ALL.iter().map(|grant| grant.name()).collect();
        format!("there is no grant `{name}`: there are {}", all.join(", "))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn parsed(text: &str) -> (String, Vec<Grant>) {
        let PluginFile { path, grants } = PluginFile::parse(text).unwrap();
        (path.to_string_lossy().into_owned(), grants)
    }

    /// Catches a grant that is taken for a part of the name, and a part of the name that is taken for a
    /// grant.
    #[test]
    fn what_follows_the_last_colon_is_grants_if_it_can_be() {
        assert_eq!(parsed("a.wasm"), ("a.wasm".to_owned(), vec![]));
        assert_eq!(parsed("a.wasm:random"), ("a.wasm".to_owned(), vec![Grant::Random]));
        let both = vec![Grant::Clock, Grant::Random];
        assert_eq!(parsed("x:y/a.wasm:clock,random"), ("x:y/a.wasm".to_owned(), both));
        assert_eq!(parsed("x:y/a.wasm"), ("x:y/a.wasm".to_owned(), vec![]));
        assert_eq!(parsed("./a:"), ("./a".to_owned(), vec![]));
    }

    /// Catches a grant that is misspelt and silently not given.
    #[test]
    fn a_grant_that_there_is_not_is_an_error_with_those_that_there_are() {
        let error = PluginFile::parse("a.wasm:randm").unwrap_err();
        assert!(error.contains("`randm`") && error.contains("random, clock"), "{error}");
        assert!(PluginFile::parse(":random").is_err());
    }
}
