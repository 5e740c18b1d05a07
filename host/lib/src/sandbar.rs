//! The compiled component, and what its sessions share.

use crate::auth::{AuthError, Bearer, Credentials, Discovery, Relay, Road, Store, find};
use crate::changes::Watched;
use crate::channel::{Pipe, Target};
use crate::connect::ConnectOptions;
use crate::error::{BuildError, Error};
use crate::executor::Executor;
use crate::http::{Authorize, DialLimits, Dialer, Dialers, Policy, Proxies, TlsRoots, check_url};
use crate::sandbox::agent;
use crate::sandbox::engine::SandboxEngine;
use crate::sandbox::exchange::FetchLife;
use crate::sandbox::handler::Handler;
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::plugins::limits::PluginLimits;
use crate::sandbox::plugins::plugin::Plugin;
use crate::sandbox::plugins::plugins::Plugins;
use crate::sandbox::programs::Programs;
use crate::sandbox::session::McpLife;
use crate::sandbox::state::Network;
use crate::sandbox::worker::Worker;
use crate::serve::{ListenError, ListenOptions, Listener, ServeOptions, Server};
use crate::session::{Session, Told, Usage};
use crate::validation::{self, ValidationError, Violation};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::AbortHandle;

/// A sandbox factory: the compiled component, the trust store, the connection
/// pools. A clone is cheap and shares them; one is enough for a process.
#[derive(Clone)]
pub struct Sandbar {
    programs: Arc<Programs>,
    dialers: Arc<Dialers>,
    target: Target,
    road: Arc<Road>,
    credentials: Option<Arc<dyn Credentials>>,
}

impl Sandbar {
    /// A builder with the defaults.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Opens a session with the MCP server at `url`.
    ///
    /// Asks in the modern era first, and falls back to `initialize`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidUrl`] before anything is dialled; else whatever the first
    /// exchange with the server ends in.
    pub async fn connect(&self, url: &str) -> Result<Session, Error> {
        self.connect_with(ConnectOptions::new(url)).await
    }

    /// Opens a session with more to say than the URL.
    ///
    /// # Errors
    ///
    /// Those of [`Sandbar::connect`], and [`Error::InvalidParams`] for options
    /// that cannot be sent.
    pub async fn connect_with(&self, options: ConnectOptions) -> Result<Session, Error> {
        let network = self.way_for(&options).await?;
        self.open(network, options).await
    }

    /// The way of a session: to the origin of its URL and nothing else, or under the policy that it was
    /// given; with the sign-in of the user where there is one and its fields say nothing else.
    async fn way_for(&self, options: &ConnectOptions) -> Result<Network, Error> {
        let ConnectOptions { url, fields, policy, .. } = options;
        check_url(url)?;
        if policy.is_some() && matches!(self.target, Target::Remote(_)) {
            let reason = "a policy for what another dials: that is for the executor to judge";
            return Err(Error::InvalidParams(reason.to_owned()));
        }
        let bearer = self.bearer(url, fields).await?;
        Ok(match (&self.target, bearer) {
            (Target::Local, bearer) => {
                let dialer = match policy {
                    Some(policy) => self.dialers.for_policy(policy),
                    None => self.dialers.for_url(url)?,
                };
                let dialer = match bearer {
                    Some(bearer) => dialer.authorized(bearer),
                    None => dialer,
                };
                Network::Local(Box::new(dialer))
            }
            (Target::Remote(connector), None) => Network::Remote(Arc::clone(connector)),
            (Target::Remote(_), Some(authorize)) => {
                let road = Arc::clone(&self.road);
                Network::Given(Arc::new(Relay { road, authorize }))
            }
        })
    }

    /// Is an MCP server for the agent at the other end of a pipe, with the messages of the server that
    /// `options` name: a message a line (2025-11-25, "Transports: stdio"). Of `options` counts how that
    /// one is reached; who the client is and what it can do, the agent says.
    ///
    /// Returns when the agent has closed its end and been given what it is owed, within ten seconds, or
    /// when `stop` resolves. Either way the server is told what was given up, and its session ended.
    /// What the server does wrong is told to the agent, and no error.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidUrl`] and [`Error::InvalidParams`] before anything is read; when the sandbox
    /// fails, [`Error::Sandbox`].
    pub async fn proxy(
        &self,
        mut options: ConnectOptions,
        pipe: Pipe,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), Error> {
        let network = self.way_for(&options).await?;
        let plugins = std::mem::take(&mut options.plugins);
        let (sandbox, instance) = self.programs.start_proxy(network, plugins).await?;
        let limits = self.programs.limits();
        let options = options.into_upstream();
        Ok(agent::serve(sandbox, instance, options, pipe, stop, limits).await??)
    }

    /// What requests to the server are authorized with, if its user has signed in, and nothing else was
    /// said.
    async fn bearer(
        &self,
        url: &str,
        fields: &[(String, Vec<u8>)],
    ) -> Result<Option<Arc<dyn Authorize>>, Error> {
        let is_authorized =
            fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let Some(credentials) = self.credentials.as_ref().filter(|_| !is_authorized) else {
            return Ok(None);
        };
        let Ok(url) = url::Url::parse(url) else { return Ok(None) };
        let found = find(&**credentials, &url).await;
        let found = found.map_err(|error| Error::Credentials(error.to_string()))?;
        Ok(found.filter(|credential| credential.tokens.is_some()).map(|credential| {
            let (road, credentials) = (Arc::clone(&self.road), Arc::clone(credentials));
            Arc::new(Bearer::new(road, credentials, credential)) as Arc<dyn Authorize>
        }))
    }

    /// What the server at `url` answers to somebody who has not signed in: the challenges for
    /// [`discover`](Self::discover). It is asked for what it is and for its tools.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotAsked`] where it lets everybody in, [`AuthError::Server`] where it answers
    /// otherwise.
    pub async fn challenges(&self, url: &str) -> Result<Vec<String>, AuthError> {
        let stranger = Self { credentials: None, ..self.clone() };
        let asked = match stranger.connect(url).await {
            Ok(session) => {
                let listed = session.list_tools().await.map(drop);
                session.close().await;
                listed
            }
            Err(error) => Err(error),
        };
        match asked {
            Ok(()) => Err(AuthError::NotAsked(url.to_owned())),
            Err(error) => match error.challenges() {
                Some(challenges) => Ok(challenges.to_vec()),
                None => Err(AuthError::Server(Arc::new(error))),
            },
        }
    }

    /// Who guards the server at `url`, which refused a request: `challenges` is
    /// [`StatusError::www_authenticate`](crate::StatusError::www_authenticate). The first step of
    /// [signing in](crate::auth).
    ///
    /// # Errors
    ///
    /// [`AuthError`]; [`AuthError::Store`] where there are no [`Builder::credentials`].
    pub async fn discover(&self, url: &str, challenges: &[String]) -> Result<Discovery, AuthError> {
        let Some(credentials) = &self.credentials else {
            return Err(crate::auth::StoreError::NoDirectory.into());
        };
        let (road, credentials) = (Arc::clone(&self.road), Arc::clone(credentials));
        Discovery::of(road, credentials, url, challenges.to_vec()).await
    }

    /// Where sign-ins are kept; none where [`Builder::credentials`] says so, or the environment names
    /// no directory.
    #[must_use]
    pub fn credentials(&self) -> Option<&dyn Credentials> {
        self.credentials.as_deref()
    }

    /// An executor that is unaware of MCP: one for each URL or policy is enough.
    ///
    /// `policy` is what may be dialled where the executor is this host; elsewhere
    /// the policy of that place holds.
    ///
    /// # Errors
    ///
    /// When the component cannot be loaded, or no sandbox can be made.
    pub async fn executor(&self, policy: Policy) -> Result<Executor, Error> {
        let network = Network::to(&self.target, &self.dialers, policy);
        let (sandbox, instance) = self.programs.start_fetch(network).await?;
        let limits = self.programs.limits().clone();
        Ok(Executor::new(Worker::spawn(sandbox, FetchLife(instance), limits)))
    }

    /// Is an executor for whoever is at the other end of a pipe, until either side closes it, in a
    /// sandbox of its own. Who dials is up to `options`.
    ///
    /// `peer` is the address of the client, where it came over a network.
    ///
    /// # Errors
    ///
    /// When no sandbox can be made, or it fails. Whatever the client does is its own
    /// affair and no error.
    pub async fn serve(
        &self,
        options: &ServeOptions,
        pipe: Pipe,
        peer: Option<String>,
    ) -> Result<(), Error> {
        Ok(self.server().serve(options, pipe, peer).await?)
    }

    /// Is an executor for clients that come over the network. Who dials is up to the options.
    ///
    /// # Errors
    ///
    /// [`ListenError`]; notably for an address that is not loopback without a
    /// token.
    pub async fn listen(&self, options: ListenOptions) -> Result<Listener, ListenError> {
        Listener::bind(self.server(), options).await
    }

    /// What in `instance` the JSON Schema does not allow; nothing where it is valid. Both are JSON texts,
    /// and are read in a sandbox of its own that can reach nothing: the structured result of a
    /// tool by its `output_schema`, say.
    ///
    /// # Errors
    ///
    /// [`ValidationError::Unusable`] where nothing can be said; notably nothing is fetched that the
    /// schema refers to. Else what became of the sandbox.
    pub async fn validate(
        &self,
        schema: &str,
        instance: &str,
    ) -> Result<Vec<Violation>, ValidationError> {
        validation::validate(&self.programs, schema, instance).await
    }

    fn server(&self) -> Server {
        Server { programs: Arc::clone(&self.programs), dialers: Arc::clone(&self.dialers) }
    }

    /// Makes a sandbox and opens a session in it.
    async fn open(&self, network: Network, mut options: ConnectOptions) -> Result<Session, Error> {
        let dialer = match &network {
            Network::Local(dialer) => Some(Dialer::clone(dialer)),
            Network::Remote(_) | Network::Given(_) | Network::None => None,
        };
        let (sandbox, instance) =
            self.programs.start_mcp(network, std::mem::take(&mut options.plugins)).await?;
        let usage = Usage {
            memory: sandbox.memory.clone(),
            plugins: sandbox.plugins.clone(),
            cpu: sandbox.cpu.clone(),
            instantiation: sandbox.begun.elapsed(),
            dialer,
        };
        let limits = self.programs.limits();
        let (handler, changes) = Watched::new(Arc::clone(&options.handler));
        let handler: Arc<dyn Handler> = Arc::new(handler);
        let options = options.into_wit();
        let changes = options.listens.then_some(changes);
        let (life, opened) = McpLife::new(instance, options, Arc::clone(&handler), limits.grace);
        let worker = Worker::spawn(sandbox, life, limits.clone());
        // Until the session is open, dropping this future ends the sandbox.
        let mut abandoned = Abandoned(Some(worker.task()));
        let outcome = opened.await;
        abandoned.0 = None;
        let told = Told { handler, changes };
        let budget = self.programs.session_budget();
        Session::opened(worker, outcome.ok(), usage, told, limits, budget).await
    }
}

/// Ends a worker that nobody will ever talk to.
struct Abandoned(Option<AbortHandle>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(worker) = &self.0 {
            worker.abort();
        }
    }
}

impl std::fmt::Debug for Sandbar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbar").field("limits", self.programs.limits()).finish_non_exhaustive()
    }
}

/// Settings of a [`Sandbar`].
#[derive(Default)]
pub struct Builder {
    limits: SandboxLimits,
    dial_limits: DialLimits,
    cache_dir: Option<PathBuf>,
    tls: Option<TlsRoots>,
    proxies: Option<Proxies>,
    policy: Option<Policy>,
    component: Option<Vec<u8>>,
    plugins: Vec<Plugin>,
    plugin_limits: PluginLimits,
    target: Target,
    credentials: Keeping,
}

/// Where sign-ins are kept.
#[derive(Default)]
enum Keeping {
    /// In the store of the user.
    #[default]
    OfUser,
    /// Here, if anywhere.
    Chosen(Option<Arc<dyn Credentials>>),
}

impl Builder {
    /// Where sign-ins are kept, instead of the [`Store`](crate::auth::Store) of the user.
    #[must_use]
    pub fn credentials(mut self, credentials: impl Credentials) -> Self {
        self.credentials = Keeping::Chosen(Some(Arc::new(credentials)));
        self
    }

    /// Uses no sign-in, and keeps none.
    #[must_use]
    pub fn no_credentials(mut self) -> Self {
        self.credentials = Keeping::Chosen(None);
        self
    }

    /// What each session may use.
    #[must_use]
    pub fn limits(mut self, limits: SandboxLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Limits of connections and exchanges.
    #[must_use]
    pub fn dial_limits(mut self, limits: DialLimits) -> Self {
        self.dial_limits = limits;
        self
    }

    /// Keeps compiled components in this directory, so that the next process
    /// need not compile them. Whoever can write there can run code in the
    /// process: it must be the user's own, or [`Builder::build`] fails ([`check_cache_dir`](crate::check_cache_dir)).
    #[must_use]
    pub fn cache_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(directory.into());
        self
    }

    /// The certificates to trust, instead of the system's.
    #[must_use]
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.tls = Some(roots);
        self
    }

    /// The proxies to use, instead of those that the environment names.
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// What may be dialled at all: the second key, beside that of whoever opens a session or makes an
    /// executor. Neither allows more than the other.
    ///
    /// It says at which addresses a host may be. Without it that is up to the URL of a session: public
    /// ones for a name. It holds for what this host dials; an executor elsewhere has a policy of its own.
    #[must_use]
    pub fn policy(mut self, granted: Policy) -> Self {
        self.policy = Some(granted);
        self
    }

    /// Who performs the HTTP exchanges. This host, if not set.
    #[must_use]
    pub fn executor(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Another component than the embedded [`MCP`](crate::components::MCP): one
    /// with a component of your own composed in, say. It exports
    /// `sandbar:mcp/client` and imports no more than `sandbar:http/client`,
    /// `wasi:http` and the monotonic clock, all of which end in the same dialer
    /// under the same policy.
    ///
    /// With [`Builder::executor`] it has to import `sandbar:http/client`, and is
    /// composed with the way to that executor. It is loaded by
    /// [`Builder::build`], which fails where it cannot be.
    #[must_use]
    pub fn component(mut self, component: Vec<u8>) -> Self {
        self.component = Some(component);
        self
    }

    /// Puts a plugin between every client and its server, behind those that were given before: what is
    /// sent passes them in this order, what comes back in the other. It is asked of every exchange,
    /// those of redirects, retries and executors included.
    ///
    /// It is loaded by [`Builder::build`], which fails where it cannot be.
    #[must_use]
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.plugins.push(plugin);
        self
    }

    /// What each plugin may use.
    #[must_use]
    pub fn plugin_limits(mut self, limits: PluginLimits) -> Self {
        self.plugin_limits = limits;
        self
    }

    /// Sets the engine up. Components are compiled, or taken from the cache, when
    /// they are first needed: some 0.2 s where they are compiled, 10 ms where
    /// not.
    ///
    /// # Errors
    ///
    /// When the limits do not fit the machine, and when a [`Builder::component`]
    /// or a [`Builder::plugin`] cannot be loaded, or not be used with the executor.
    pub fn build(self) -> Result<Sandbar, BuildError> {
        let plugins = Plugins::new(self.plugin_limits, self.cache_dir.clone());
        let engine = SandboxEngine::new(self.limits, self.cache_dir)?;
        let (everywhere, component) = (&self.plugins, self.component);
        let programs = Programs::new(engine, plugins, everywhere, component, &self.target)
            .map_err(Arc::unwrap_or_clone)?;
        let dialers = Dialers::new(
            self.tls.unwrap_or_else(TlsRoots::system),
            self.dial_limits,
            self.proxies.unwrap_or_else(Proxies::from_env),
            self.policy,
        );
        let (programs, dialers) = (Arc::new(programs), Arc::new(dialers));
        let road = Road::new(Arc::clone(&programs), Arc::clone(&dialers), self.target.clone());
        let credentials = match self.credentials {
            Keeping::OfUser => Store::of_user().map(|store| Arc::new(store) as _),
            Keeping::Chosen(credentials) => credentials,
        };
        Ok(Sandbar { programs, dialers, target: self.target, road: Arc::new(road), credentials })
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("limits", &self.limits)
            .field("dial_limits", &self.dial_limits)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
