//! The user of the scenarios that want a sign-in, with what stands in for a browser: it goes where it is
//! sent, and the authorization servers of the suite send everybody back at once.

use futures::FutureExt as _;
use futures::future::{BoxFuture, Either, select};
use sandbar::Sandbar;
use sandbar::auth::{AuthError, Authorization, RedirectListener, Secret, SignInOptions, UserAgent};
use sandbar::executor::HttpRequest;
use sandbar::http::Policy;
use serde::Deserialize;
use std::error::Error;
use std::pin::pin;

/// Where the suite expects the metadata of the client to be. Nobody fetches them.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// Bytes of a page that are read: there are none on the way.
const PAGE_BYTES: usize = 64 * 1024;

/// Somebody who signs in.
pub(crate) struct User {
    url: String,
    client: Option<Client>,
}

/// A client that is registered already.
#[derive(Clone, Deserialize)]
struct Client {
    client_id: String,
    client_secret: Option<String>,
}

impl User {
    pub(crate) fn new(url: &str, context: Option<&str>) -> Result<Self, Box<dyn Error>> {
        #[derive(Deserialize)]
        struct Context {
            #[serde(flatten)]
            client: Option<Client>,
        }
        let context: Option<Context> = context.map(serde_json::from_str).transpose()?;
        Ok(Self { url: url.to_owned(), client: context.and_then(|context| context.client) })
    }

    /// Signs in at whoever guards the server.
    pub(crate) async fn sign_in(
        &self,
        sandbar: &Sandbar,
        challenges: &[String],
    ) -> Result<(), AuthError> {
        let mut discovery = sandbar.discover(&self.url, challenges).await?;
        let listener = discovery.listen(None).await?;
        let mut options = SignInOptions::new(listener.redirect_uri()).client_document(DOCUMENT);
        if let Some(Client { client_id, client_secret }) = self.client.clone() {
            options = options.client(client_id, client_secret.map(Secret::new));
        }
        discovery.sign_in(options, &Browser(listener)).await.map(drop)
    }
}

/// Goes where it is sent.
struct Browser(RedirectListener);

impl UserAgent for Browser {
    fn confirm<'a>(&'a self, _issuer: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(true))
    }

    fn visit<'a>(
        &'a self,
        authorization: &'a Authorization,
    ) -> BoxFuture<'a, Result<String, AuthError>> {
        Box::pin(async move {
            let query = pin!(self.0.query(authorization.state()));
            match select(query, pin!(go(authorization.url()))).await {
                Either::Left((query, _)) => Ok(query),
                // The query is there before the browser has its page.
                Either::Right((gone, query)) => query.now_or_never().ok_or(gone),
            }
        })
    }
}

/// Follows every redirect. It returns where that leads to no listener that has been waiting.
async fn go(url: &str) -> AuthError {
    let went = async {
        // Not the road of the client: a browser has its own.
        let browser = Sandbar::builder().no_credentials().build()?;
        let network = browser.executor(Policy::anywhere()).await?;
        network.request(HttpRequest::get(url), PAGE_BYTES).await?;
        Ok::<_, Box<dyn Error + Send + Sync>>(())
    };
    let what = match went.await {
        Ok(()) => "the page did not lead back".to_owned(),
        Err(error) => error.to_string(),
    };
    AuthError::Invalid(what)
}
