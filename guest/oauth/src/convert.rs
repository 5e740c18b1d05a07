//! Between the types of the core and those of the contract.

use crate::bindings::exports::sandbar::auth::login as wit;
use sandbar_oauth_core::authorization::Authorization;
use sandbar_oauth_core::client::{AuthMethod, Choice, Client, Facts};
use sandbar_oauth_core::device::Device;
use sandbar_oauth_core::registration::Registered;
use sandbar_oauth_core::resource::Guarded;
use sandbar_oauth_core::server::AuthorizationServer;
use sandbar_oauth_core::token::{Grant, Tokens};
use sandbar_oauth_core::{Error, Mismatch};

/// Between two records whose fields have the same names.
macro_rules! same {
    ($from:ty => $to:ty { $($field:ident),+ }) => {
        impl From<$from> for $to {
            fn from(from: $from) -> Self {
                Self { $($field: from.$field.into()),+ }
            }
        }
    };
}

same!(Guarded => wit::Guarded { resource, issuers, scopes, dpop });
same!(AuthorizationServer => wit::AuthorizationServer {
    issuer, authorization_endpoint, token_endpoint, registration_endpoint,
    device_authorization_endpoint, auth_methods, scopes, pkce, names_itself, takes_client_documents
});
same!(wit::AuthorizationServer => AuthorizationServer {
    issuer, authorization_endpoint, token_endpoint, registration_endpoint,
    device_authorization_endpoint, auth_methods, scopes, pkce, names_itself, takes_client_documents
});
same!(wit::ClientFacts => Facts { id, has_secret, has_key, document });
same!(Client => wit::Client { id, method });
same!(wit::Client => Client { id, method });
same!(Registered => wit::Registered { client, secret, secret_expires });
same!(wit::Authorization => Authorization {
    client_id, redirect_uri, state, code_challenge, scopes, resource
});
same!(Tokens => wit::Tokens { access_token, token_type, refresh_token, expires_in, scopes });
same!(Device => wit::Device {
    code, user_code, verification_uri, verification_uri_complete, expires_in, interval
});
same!(Mismatch => wit::Mismatch { expected, found });

impl From<AuthMethod> for wit::AuthMethod {
    fn from(method: AuthMethod) -> Self {
        match method {
            AuthMethod::None => Self::None,
            AuthMethod::ClientSecretBasic => Self::ClientSecretBasic,
            AuthMethod::ClientSecretPost => Self::ClientSecretPost,
            AuthMethod::PrivateKeyJwt => Self::PrivateKeyJwt,
        }
    }
}

impl From<wit::AuthMethod> for AuthMethod {
    fn from(method: wit::AuthMethod) -> Self {
        match method {
            wit::AuthMethod::None => Self::None,
            wit::AuthMethod::ClientSecretBasic => Self::ClientSecretBasic,
            wit::AuthMethod::ClientSecretPost => Self::ClientSecretPost,
            wit::AuthMethod::PrivateKeyJwt => Self::PrivateKeyJwt,
        }
    }
}

impl From<Choice> for wit::ClientChoice {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Known(client) => Self::Known(client.into()),
            Choice::Register(endpoint) => Self::Register(endpoint),
        }
    }
}

impl From<wit::Grant> for Grant {
    fn from(grant: wit::Grant) -> Self {
        match grant {
            wit::Grant::AuthorizationCode(wit::CodeGrant { code, redirect_uri }) => {
                Self::AuthorizationCode { code, redirect_uri }
            }
            wit::Grant::RefreshToken => Self::RefreshToken,
            wit::Grant::ClientCredentials => Self::ClientCredentials,
            wit::Grant::JwtBearer => Self::JwtBearer,
            wit::Grant::TokenExchange(wit::ExchangeGrant { audience, resource }) => {
                Self::TokenExchange { audience, resource }
            }
            wit::Grant::DeviceCode(code) => Self::DeviceCode(code),
        }
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Status(status) => {
                Self::Status(wit::Status { url: status.url, status: status.status })
            }
            Error::Invalid(what) => Self::Invalid(what),
            Error::Refused(refusal) => {
                Self::Refused(wit::Refusal { code: refusal.code, description: refusal.description })
            }
            Error::WrongIssuer(mismatch) => Self::WrongIssuer(mismatch.into()),
            Error::WrongResource(mismatch) => Self::WrongResource(mismatch.into()),
            Error::Unsupported(what) => Self::Unsupported(what),
        }
    }
}
