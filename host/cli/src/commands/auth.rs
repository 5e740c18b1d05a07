//! `sandbar auth` and `sandbar logout`

use crate::args::{AuthCommand, LogoutArgs};
use crate::failure::{Failure, exit};
use crate::json::{JsonObject, JsonText};
use crate::show::{stdout, visible_line};
use crate::signing_in::expiry;
use sandbar::auth::{Credential, Credentials, Store, StoreError};

/// Forgets sign-ins.
pub(crate) async fn logout(args: &LogoutArgs) -> Result<u8, Failure> {
    let store = store()?;
    let all = store.all().await?;
    let chosen: Vec<_> = all
        .into_iter()
        .filter(|credential| args.all || is_of(credential, args.url.as_deref()))
        .collect();
    if chosen.is_empty() && !args.all {
        return Err(Failure::NotSignedIn);
    }
    for credential in chosen {
        // Nobody renews it meanwhile, and so brings it back.
        let _lock = store.lock(credential.key()).await?;
        store.remove(credential.key()).await?;
        stdout::text(&format!("signed out of {}", visible_line(&credential.server)))?;
    }
    Ok(exit::OK)
}

/// Shows what there is.
pub(crate) async fn run(command: AuthCommand) -> Result<u8, Failure> {
    let store = store()?;
    let mut all = store.all().await?;
    all.sort_by(|one, other| one.server.cmp(&other.server));
    match command {
        AuthCommand::Status { json: true } => stdout::json(&object(&store, &all).to_string())?,
        AuthCommand::Status { json: false } => stdout::text(&lines(&store, &all))?,
        AuthCommand::Token { reveal: false, .. } => return Err(Failure::TokenNotShown),
        AuthCommand::Token { url, reveal: true } => {
            let found = all.iter().find(|credential| is_of(credential, Some(&url)));
            let tokens = found.and_then(|credential| credential.tokens.as_ref());
            let tokens = tokens.ok_or(Failure::NotSignedIn)?;
            stdout::text(tokens.access.reveal())?;
        }
    }
    Ok(exit::OK)
}

fn store() -> Result<Store, Failure> {
    Ok(Store::of_user().ok_or(StoreError::NoDirectory)?)
}

fn is_of(credential: &Credential, url: Option<&str>) -> bool {
    url.is_some_and(|url| credential.server == url || credential.resource == url)
}

fn lines(store: &Store, all: &[Credential]) -> String {
    let mut lines = Vec::new();
    for credential in all {
        lines.push(visible_line(&credential.server).into_owned());
        lines.push(format!("  issuer   {}", visible_line(&credential.issuer)));
        if !credential.scopes.is_empty() {
            lines.push(format!("  scopes   {}", visible_line(&credential.scopes.join(" "))));
        }
        lines.push(format!("  expires  {}", expiry(credential)));
    }
    if all.is_empty() {
        lines.push("signed in nowhere".to_owned());
    }
    lines.push(format!("kept in {}", store.directory().display()));
    lines.join("\n")
}

fn object(store: &Store, all: &[Credential]) -> JsonObject {
    let sign_ins: Vec<JsonText> = all.iter().map(|credential| sign_in(credential).into()).collect();
    JsonObject::default()
        .with("store", JsonText::string(&store.directory().to_string_lossy()))
        .with("signIns", JsonText::array(&sign_ins))
}

fn sign_in(credential: &Credential) -> JsonObject {
    let scopes: Vec<_> = credential.scopes.iter().map(|scope| JsonText::string(scope)).collect();
    let mut object = JsonObject::default()
        .with("server", JsonText::string(&credential.server))
        .with("issuer", JsonText::string(&credential.issuer))
        .with("resource", JsonText::string(&credential.resource))
        .with("clientId", JsonText::string(&credential.client.id))
        .with("scopes", JsonText::array(&scopes));
    let number = |number: u64| JsonText::parse(&number.to_string()).ok();
    let tokens = credential.tokens.as_ref();
    if let Some(end) = tokens.and_then(|tokens| tokens.expires_at).and_then(number) {
        object.set("expiresAt", end);
    }
    let renewable = tokens.is_some_and(|tokens| tokens.refresh.is_some());
    for (name, value) in [("signedIn", tokens.is_some()), ("renewable", renewable)] {
        if let Ok(value) = JsonText::parse(if value { "true" } else { "false" }) {
            object.set(name, value);
        }
    }
    object
}
