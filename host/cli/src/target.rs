//! Where HTTP runs: who dials, and what may be dialled.

use crate::args::TargetArgs;
use crate::failure::Failure;
use crate::parse::Token;
use sandbar::Error;
use sandbar::executor::{Target, WebSocketClient};
use sandbar::http::Policy;
use url::Url;

/// Who dials, by the options. Nothing is dialled or started yet.
pub(crate) fn target(args: &TargetArgs) -> Result<Target, Failure> {
    if let Some(command) = &args.executor_command {
        return Ok(Target::command(&command.program, &command.arguments));
    }
    let Some(url) = &args.executor else { return Ok(Target::Local) };
    let client = WebSocketClient::new(url).map_err(Error::from)?;
    let Some(path) = &args.executor_token_file else { return Ok(Target::connector(client)) };
    let token = Token::read(path)?;
    Ok(Target::connector(client.bearer(token.as_str()).map_err(Error::from)?))
}

/// What may be dialled for a URL that the user typed: its origin.
pub(crate) fn policy_for(url: &str) -> Result<Policy, Failure> {
    Ok(Policy::origin(&Url::parse(url)?)?)
}

/// What an executor may dial, by `--allow`: those origins, or without any what the machine reaches.
pub(crate) fn policy_of_operator(allowed: &[String]) -> Result<Policy, Failure> {
    if allowed.is_empty() {
        return Ok(Policy::anywhere());
    }
    let urls = allowed.iter().map(|url| Url::parse(url)).collect::<Result<Vec<_>, _>>()?;
    Ok(Policy::origins(&urls)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Catches an executor that is named and not used.
    #[test]
    fn the_options_decide_who_dials() {
        let with = |url: &str| TargetArgs { executor: Some(url.to_owned()), ..Default::default() };
        assert!(matches!(target(&TargetArgs::default()), Ok(Target::Local)));
        assert!(matches!(target(&with("ws://127.0.0.1:1")), Ok(Target::Remote(_))));
        assert_eq!(target(&with("http://127.0.0.1:1")).unwrap_err().exit(), crate::exit::USAGE);
    }

    /// Catches an empty list that allows everything because nothing was parsed, or the reverse.
    #[test]
    fn without_allow_anything_may_be_dialled_and_with_it_only_that() {
        let allowed = ["http://a.example/".to_owned()];
        assert_eq!(policy_of_operator(&[]).unwrap(), Policy::anywhere());
        let url = Url::parse("http://a.example").unwrap();
        assert_eq!(policy_of_operator(&allowed).unwrap(), Policy::origins([&url]).unwrap());
        let failure = policy_of_operator(&["http://u:secret@a.example/".to_owned()]).unwrap_err();
        assert!(!format!("{failure} {failure:?}").contains("secret"), "{failure:?}");
    }
}
