//! The steps of signing in, inside of a store of their own.

use crate::sandbox::bindings::LoggingIn;
use crate::sandbox::bindings::login::{
    Authorization, AuthorizationServer, Client, ClientChoice, ClientFacts, Error, Grant, Guarded,
    Redirected, Registered, Tokens,
};
use crate::sandbox::engine::Sandbox;
use crate::sandbox::error::{SandboxError, StartError};
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::performer::Perform;
use crate::sandbox::programs::Programs;
use crate::sandbox::state::Network;
use std::sync::Arc;

/// A sandbox in which one signs in. Dropping it is the end of all that it has seen.
pub(crate) struct Login {
    sandbox: Sandbox,
    instance: LoggingIn,
    limits: SandboxLimits,
}

macro_rules! step {
    ($name:ident, $export:ident($($argument:ident: $type:ty),*) -> $answer:ty) => {
        #[doc = concat!("`login.", stringify!($name), "`.")]
        pub(crate) async fn $name(
            &mut self,
            $($argument: $type),*
        ) -> Result<$answer, SandboxError> {
            let Self { sandbox: Sandbox { store, cpu, memory, .. }, instance, limits } = self;
            let called = store.run_concurrent(async |accessor| {
                instance.sandbar_auth_login().$export(accessor, $($argument),*).await
            });
            let outcome = cpu.watch(called).await.flatten();
            outcome.map_err(|trap| SandboxError::of(&trap, memory, cpu, limits))
        }
    };
}

impl Login {
    /// A new one, whose exchanges `performer` performs.
    pub(crate) async fn start(
        programs: &Programs,
        performer: Arc<dyn Perform>,
    ) -> Result<Self, StartError> {
        let (sandbox, instance) = programs.start_login(Network::Given(performer)).await?;
        Ok(Self { sandbox, instance, limits: programs.limits().clone() })
    }

    step!(discover, call_discover(server: String, challenges: Vec<String>) -> Result<Guarded, Error>);
    step!(describe, call_describe(issuer: String, legacy: bool) -> Result<AuthorizationServer, Error>);
    step!(choose_client, call_choose_client(server: AuthorizationServer, facts: ClientFacts)
        -> Result<ClientChoice, Error>);
    step!(register, call_register(endpoint: String, name: String, redirect_uri: String,
        auth_methods: Vec<String>, scopes: Vec<String>) -> Result<Registered, Error>);
    step!(choose_scopes, call_choose_scopes(wanted: Vec<String>, granted: Vec<String>,
        server: AuthorizationServer) -> Vec<String>);
    step!(authorization_url, call_authorization_url(server: AuthorizationServer,
        request: Authorization) -> Result<String, Error>);
    step!(read_redirect, call_read_redirect(query: String, issuer: String, names_itself: bool)
        -> Result<Redirected, Error>);
    step!(ask_token, call_ask_token(endpoint: String, client: Client, grant: Grant,
        scopes: Option<String>, resource: Option<String>) -> Result<Tokens, Error>);
}
