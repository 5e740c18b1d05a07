//! The `oauth` component: glue between the sans-IO core and the executor import.
//!
//! This file asks and reads answers, `convert` translates types. Every decision about OAuth is taken in
//! `sandbar-oauth-core`.

mod convert;

/// Generated from `wit/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code, differently linted on each target"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "sandbar:components/oauth",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
            "sandbar:http/client@0.2.0": sandbar_guest_kit::bindings::sandbar::http::client,
        },
        generate_all,
    });
}

use bindings::exports::sandbar::auth::login::{
    Authorization, AuthorizationServer, Client, ClientChoice, ClientFacts, Device, Error, Grant,
    Guarded, Guest, Redirected, Registered, Tokens,
};
use sandbar_exchange::Request;
use sandbar_oauth_core::limits::ANSWER_BYTES;
use sandbar_oauth_core::{
    authorization, challenge, client, device, get, redirect, registration, resource, scope, server,
    token,
};

/// Bytes asked for with a read of an answer.
const READ_BYTES: usize = 16 * 1024;

struct OAuth;

impl Guest for OAuth {
    async fn discover(url: String, challenges: Vec<String>) -> Result<Guarded, Error> {
        let challenge = challenge::Challenge::read(challenges.iter().map(String::as_str));
        let mut search = resource::Search::new(&url, challenge)?;
        while let Some(place) = search.next_place() {
            let (status, body) = ask(get(&place)).await?;
            if let Some(guarded) = search.read(&place, status, &body)? {
                return Ok(guarded.into());
            }
        }
        Ok(search.give_up()?.into())
    }

    async fn describe(issuer: String, legacy: bool) -> Result<AuthorizationServer, Error> {
        let mut search = server::Search::new(&issuer)?;
        while let Some(place) = search.next_place() {
            let (status, body) = ask(get(&place)).await?;
            if let Some(server) = search.read(&place, status, &body)? {
                return Ok(server.into());
            }
        }
        match legacy {
            true => Ok(server::AuthorizationServer::legacy(&issuer)?.into()),
            false => Err(search.give_up().into()),
        }
    }

    fn choose_client(
        server: AuthorizationServer,
        facts: ClientFacts,
    ) -> Result<ClientChoice, Error> {
        Ok(client::choose(&server.into(), facts.into())?.into())
    }

    async fn register(
        endpoint: String,
        name: String,
        redirect_uri: String,
        auth_methods: Vec<String>,
        scopes: Vec<String>,
    ) -> Result<Registered, Error> {
        let request =
            registration::request(&endpoint, &name, &redirect_uri, &auth_methods, &scopes);
        let (status, body) = ask(request).await?;
        Ok(registration::read(&endpoint, &auth_methods, status, &body)?.into())
    }

    fn choose_scopes(
        wanted: Vec<String>,
        granted: Vec<String>,
        server: AuthorizationServer,
    ) -> Vec<String> {
        scope::choose(&wanted, &granted, &server.scopes)
    }

    fn authorization_url(
        server: AuthorizationServer,
        request: Authorization,
    ) -> Result<String, Error> {
        Ok(authorization::url(&server.into(), &request.into())?)
    }

    fn read_redirect(
        query: String,
        issuer: String,
        names_itself: bool,
    ) -> Result<Redirected, Error> {
        let redirect::Redirected { code, state } = redirect::read(&query, &issuer, names_itself)?;
        Ok(Redirected { code, state })
    }

    async fn ask_token(
        endpoint: String,
        client: Client,
        grant: Grant,
        scopes: Option<String>,
        resource: Option<String>,
    ) -> Result<Tokens, Error> {
        let (scopes, resource) = (scopes.as_deref(), resource.as_deref());
        let request = token::request(&endpoint, &client.into(), &grant.into(), scopes, resource);
        let (status, body) = ask(request).await?;
        Ok(token::read(&endpoint, status, &body)?.into())
    }

    async fn ask_device(
        endpoint: String,
        client: Client,
        scopes: Option<String>,
        resource: Option<String>,
    ) -> Result<Device, Error> {
        let request =
            device::request(&endpoint, &client.into(), scopes.as_deref(), resource.as_deref());
        let (status, body) = ask(request).await?;
        Ok(device::read(&endpoint, status, &body)?.into())
    }
}

/// Asks, and reads the whole answer.
async fn ask(request: Request) -> Result<(u16, Vec<u8>), Error> {
    let (head, mut body) = sandbar_guest_kit::send(request).await.map_err(Error::Http)?;
    let (mut whole, mut piece) = (Vec::new(), Vec::new());
    loop {
        match body.read(&mut piece, READ_BYTES).await {
            None => whole.extend_from_slice(&piece),
            Some(Ok(())) => return Ok((head.status, whole)),
            Some(Err(failure)) => return Err(Error::Http(failure)),
        }
        if whole.len() > ANSWER_BYTES {
            return Err(Error::TooLarge(u64::try_from(ANSWER_BYTES).unwrap_or(u64::MAX)));
        }
    }
}

bindings::export!(OAuth with_types_in bindings);
