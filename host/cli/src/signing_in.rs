//! The person at the terminal, who signs in.

use crate::failure::Failure;
use crate::limits::PASTED_BYTES;
use crate::show::visible_line;
use futures::future::BoxFuture;
use sandbar::Sandbar;
use sandbar::auth::{
    AuthError, Authorization, Credential, RedirectListener, SignInOptions, UserAgent,
    open_in_browser,
};
use std::io::{self, IsTerminal as _, Write as _};
use std::pin::pin;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use url::Url;

/// Somebody who signs in, with a browser here or elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    no_browser: bool,
}

/// The same, while somebody listens for the redirect.
struct Listening {
    person: Person,
    listener: RedirectListener,
}

impl Person {
    pub(crate) const fn new(no_browser: bool) -> Self {
        Self { no_browser }
    }

    /// Asks for a sign-in, where there is somebody to ask.
    pub(crate) async fn wants_to(self, url: &str) -> bool {
        has_terminal()
            && agrees(&format!("{} wants you to sign in. Sign in now?", visible_line(url))).await
    }

    /// Signs in at whoever guards the server, which refused with these challenges.
    pub(crate) async fn sign_in(
        self,
        sandbar: &Sandbar,
        url: &str,
        challenges: &[String],
        port: Option<u16>,
        options: SignInOptions,
    ) -> Result<Credential, Failure> {
        let mut discovery = sandbar.discover(url, challenges).await?;
        // Somebody listens before the browser can come back.
        let listener = discovery.listen(port).await?;
        let options = options.redirect_uri(listener.redirect_uri());
        let listening = Listening { person: self, listener };
        Ok(discovery.sign_in(options, &listening).await?)
    }
}

impl UserAgent for Listening {
    fn confirm<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let issuer = visible_line(issuer);
            has_terminal()
                && agrees(&format!("The server leaves signing in to {issuer}. Sign in there?"))
                    .await
        })
    }

    fn visit<'a>(
        &'a self,
        authorization: &'a Authorization,
    ) -> BoxFuture<'a, Result<String, AuthError>> {
        Box::pin(async move {
            say(&format!("Sign in at {}:\n{}", authorization.issuer(), authorization.url()));
            let redirect = self.listener.query(authorization.state());
            if self.person.no_browser {
                say(
                    "If the browser cannot come back to this machine, paste the URL that it ends at:",
                );
                let uri = self.listener.redirect_uri();
                return tokio::select! {
                    biased;
                    query = redirect => Ok(query),
                    query = pasted(&uri, authorization) => Ok(query),
                };
            }
            let mut redirect = pin!(redirect);
            // Some browsers run until they are closed; the page wants its answer before.
            tokio::select! {
                query = &mut redirect => return Ok(query),
                opened = open_in_browser(authorization.url()) => {
                    if opened.is_err() {
                        say("No browser could be opened: go to that page yourself.");
                    }
                }
            }
            Ok(redirect.await)
        })
    }
}

/// The query of the redirect to `uri`, from standard input. What is something else is said to be, and
/// asked for again.
async fn pasted(uri: &str, authorization: &Authorization) -> String {
    let mut input = BufReader::new(tokio::io::stdin());
    loop {
        let mut line = String::new();
        let read = (&mut input).take(PASTED_BYTES).read_line(&mut line).await;
        if !matches!(read, Ok(1..)) {
            // Nobody types: the browser may still come back by itself.
            std::future::pending::<()>().await;
        }
        match query(line.trim(), uri, authorization) {
            Some(query) => return query,
            None => {
                say("That is not the URL that this sign-in ends at; it begins with the address \
                         of this machine, 127.0.0.1.")
            }
        }
    }
}

fn query(line: &str, uri: &str, authorization: &Authorization) -> Option<String> {
    let (url, uri) = (Url::parse(line).ok()?, Url::parse(uri).ok()?);
    let is_there = url.origin() == uri.origin() && url.path() == uri.path();
    let query = url.query().filter(|_| is_there && url.fragment().is_none())?;
    let mut states = url.query_pairs().filter(|(name, _)| name == "state");
    let is_ours = states.next().is_some_and(|(_, state)| state == authorization.state().reveal());
    (is_ours && states.next().is_none()).then(|| query.to_owned())
}

/// When the token of a sign-in ends, in words.
pub(crate) fn expiry(credential: &Credential) -> String {
    let Some(tokens) = &credential.tokens else {
        return "the sign-in has ended: sign in again".to_owned();
    };
    let renewed = if tokens.refresh.is_some() { ", and is renewed in time" } else { "" };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    match tokens.expires_at {
        None => format!("when the server says so{renewed}"),
        Some(end) if end <= now => match tokens.refresh {
            Some(_) => "now; it is renewed when it is used".to_owned(),
            None => "it has: sign in again".to_owned(),
        },
        Some(end) => format!("in {} min{renewed}", end.saturating_sub(now).div_ceil(60)),
    }
}

fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether the person at the terminal says yes.
async fn agrees(question: &str) -> bool {
    let question = format!("{question} [y/N] ");
    let asked = tokio::task::spawn_blocking(move || {
        let mut error = io::stderr();
        error.write_all(question.as_bytes()).and_then(|()| error.flush())?;
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        Ok::<_, io::Error>(line)
    });
    // A terminal that cannot be read has nobody at it.
    let line = asked.await.ok().and_then(Result::ok).unwrap_or_default();
    matches!(line.trim(), "y" | "Y" | "yes")
}

/// Says something that is no result.
fn say(text: &str) {
    // Without anybody to hear it, the listener still waits.
    let _ = writeln!(io::stderr(), "{text}");
}
