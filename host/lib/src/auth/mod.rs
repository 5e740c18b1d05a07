//! Signing in: OAuth, with the parsing in a sandbox and the secrets in this host.
//!
//! A sign-in goes in steps, so that a program with a user interface of its own can take them:
//!
//! 1. [`Sandbar::discover`](crate::Sandbar::discover) asks a server that refused who guards it.
//! 2. [`Discovery::begin`] goes to the authorization server, once its user has confirmed that one.
//! 3. The user goes to [`Authorization::url`]; the browser comes back to a [`RedirectListener`],
//!    or to whatever the embedder has for it.
//! 4. [`SignIn::finish`] redeems what it brought, and keeps the tokens in the [`Credentials`].
//!
//! From then on sessions with that server are authorized at the dial. Their sandbox never sees a token.
//!
//! | what | where |
//! |---|---|
//! | the steps, and all of them together | `discovery`, `sign_in`, `attempt` |
//! | the browser, and where it comes back to | `browser`, `listener` |
//! | what is kept, and where | `credential`, `credentials`, `store` |
//! | renewing, and adding to requests | `refresh`, `bearer`, `relay` |
//! | where the sandbox of a sign-in may go, and what is filled in for it | `gate`, `road` |

mod attempt;
mod bearer;
mod browser;
mod credential;
mod credentials;
mod discovery;
mod error;
mod gate;
mod limits;
mod listener;
mod refresh;
mod relay;
mod road;
mod secret;
mod sign_in;
mod store;

pub use attempt::{Attempts, UserAgent};
pub(crate) use bearer::Bearer;
pub use browser::open_in_browser;
pub use credential::{ClientRecord, Credential, Key, Method, TokenSet};
pub(crate) use credentials::find;
pub use credentials::{Credentials, Lock};
pub use discovery::Discovery;
pub use error::{AuthError, StoreError};
pub use listener::RedirectListener;
pub(crate) use relay::Relay;
pub(crate) use road::Road;
pub use secret::Secret;
pub use sign_in::{Authorization, SignIn, SignInOptions};
pub use store::Store;
