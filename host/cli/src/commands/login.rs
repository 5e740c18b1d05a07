//! `sandbar login`

use crate::args::{LoginArgs, PluginArgs};
use crate::connection::{sandbar, target};
use crate::failure::{Failure, exit};
use crate::limits::SIGN_IN_WAIT;
use crate::parse::Token;
use crate::process::interruptible;
use crate::show::stdout;
use crate::signing_in::{Person, expiry};
use sandbar::Sandbar;
use sandbar::auth::{Credential, Secret, SignInOptions};
use std::time::Duration;

/// A sign-in, with all that was said of it read and checked.
pub(crate) struct Login {
    url: String,
    sandbar: Sandbar,
    port: Option<u16>,
    person: Person,
    options: SignInOptions,
    timeout: Duration,
}

impl Login {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(args: LoginArgs) -> Result<Self, Failure> {
        // Where the browser comes back to is known when somebody listens.
        let mut options = SignInOptions::new("");
        let scopes = args.scopes.iter().flat_map(|scopes| scopes.split_ascii_whitespace());
        options = options.scopes(scopes);
        if let Some(origin) = args.issuer {
            options = options.issuer(origin);
        }
        let secret = args.client_secret_file.as_deref();
        let secret = secret.map(|path| Token::read("--client-secret-file", path)).transpose()?;
        if let Some(id) = args.client_id {
            options = options.client(id, secret.map(|secret| Secret::new(secret.as_str())));
        }
        if let Some(url) = args.client_metadata_url {
            options = options.client_document(url);
        }
        Ok(Self {
            url: args.url,
            sandbar: sandbar(None, target(&args.target)?, None, &PluginArgs::default())?,
            port: args.callback_port,
            person: Person::new(args.no_browser),
            options,
            timeout: args.timeout.unwrap_or(SIGN_IN_WAIT),
        })
    }

    /// Signs in, and says what came of it.
    pub(crate) async fn run(self) -> Result<u8, Failure> {
        let Self { url, sandbar, port, person, options, timeout } = self;
        let credential = interruptible(Some(timeout), async {
            let challenges = sandbar.challenges(&url).await?;
            person.sign_in(&sandbar, &url, &challenges, port, options).await
        })
        .await?;
        stdout::text(&summary(&credential))?;
        Ok(exit::OK)
    }
}

fn summary(credential: &Credential) -> String {
    let scopes = match credential.scopes.as_slice() {
        [] => String::new(),
        scopes => format!("\nscopes   {}", scopes.join(" ")),
    };
    format!(
        "signed in to {}\nissuer   {}{scopes}\nexpires  {}",
        credential.server,
        credential.issuer,
        expiry(credential)
    )
}
