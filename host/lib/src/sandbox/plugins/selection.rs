//! The plugins that a sandbox is to have.

use crate::sandbox::composition::Surroundings;
use crate::sandbox::error::{BuildError, StartError};
use crate::sandbox::plugins::chain::Chain;
use crate::sandbox::plugins::error::PluginProblem;
use crate::sandbox::plugins::limits::PLUGINS_PER_SESSION;
use crate::sandbox::plugins::loaded::Loaded;
use crate::sandbox::plugins::plugin::Plugin;
use crate::sandbox::plugins::plugins::{Plugins, refused};
use std::sync::Arc;

/// Plugins that have been loaded, the nearest to the client first.
#[derive(Clone, Default)]
pub(crate) struct Selection(Vec<(Plugin, Arc<Loaded>)>);

impl Selection {
    /// Loads all of them, or says what is wrong with the first that cannot be. Blocks for as long as it
    /// takes to compile them.
    pub(crate) fn load(plugins: &Plugins, wanted: &[Plugin]) -> Result<Self, Arc<BuildError>> {
        let load = |plugin: &Plugin| Ok((plugin.clone(), plugins.load(plugin)?));
        let selection = Self(wanted.iter().map(load).collect::<Result<_, Arc<BuildError>>>()?);
        selection.checked()
    }

    /// These and more, behind them. Nobody waits while they are compiled but who asks.
    pub(crate) async fn with(
        &self,
        plugins: Arc<Plugins>,
        wanted: Vec<Plugin>,
    ) -> Result<Self, Arc<BuildError>> {
        let loading = tokio::task::spawn_blocking(move || Self::load(&plugins, &wanted));
        let Ok(loaded) = loading.await else {
            // The runtime is being shut down.
            return Err(Arc::new(BuildError::Engine("the runtime has ended".to_owned())));
        };
        let mut all = self.clone();
        all.0.extend(loaded?.0);
        all.checked()
    }

    fn checked(self) -> Result<Self, Arc<BuildError>> {
        match self.0.get(PLUGINS_PER_SESSION) {
            Some((plugin, _)) => {
                Err(refused(plugin, PluginProblem::TooMany { limit: PLUGINS_PER_SESSION }))
            }
            None => Ok(self),
        }
    }

    /// Makes an instance of each.
    pub(crate) async fn start(&self, plugins: &Plugins) -> Result<Chain, StartError> {
        let mut instances = Vec::with_capacity(self.0.len());
        for (plugin, loaded) in &self.0 {
            instances.push(plugins.start(plugin, loaded).await?);
        }
        Ok(Chain::new(instances))
    }

    /// What they have to stand between.
    pub(crate) fn surroundings(&self, remote: bool) -> Surroundings {
        Surroundings {
            remote,
            http: self.0.iter().any(|(_, loaded)| loaded.http.is_some()),
            tools: self.0.iter().any(|(_, loaded)| loaded.tools.is_some()),
        }
    }

    /// Refuses a plugin that is to be asked of tools, where nobody knows of any.
    pub(crate) fn check_without_tools(&self) -> Result<(), Arc<BuildError>> {
        let reason = "it is to be asked of tools (`sandbar:plugin/tools`), of which nobody here has \
                      records: give it to a client, and not to an executor or a proxy";
        match self.0.iter().find(|(_, loaded)| loaded.tools.is_some()) {
            Some((plugin, _)) => Err(refused(plugin, PluginProblem::NoPlace { reason })),
            None => Ok(()),
        }
    }
}
