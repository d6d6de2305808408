//! All functions: what is on disk, and the pools that run it. Reading is a look into maps; a change
//! is written to disk before anybody sees it.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use crate::api::error::ApiError;
use crate::arn::{LATEST, function_arn, qualified_arn};
use crate::invocation::{Gate, Permit};
use crate::model::{Function, UrlConfig};
use crate::policy;
use crate::process::{Limits, Machine, Pool, Unit};
use crate::store::FunctionStore;

/// A function as it is now. Immutable: a change makes a new entry.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) function: Function,
    /// What all calls share that nothing is provisioned for.
    gate: Arc<Gate>,
    /// By the version's number: calls that provisioned processes are kept for.
    provisioned: HashMap<String, Arc<Gate>>,
    /// By version. Those that a change leaves alone are carried over.
    pools: HashMap<String, Arc<Pool>>,
}

/// A function URL, ready to be called.
#[derive(Debug)]
pub(crate) struct UrlRoute {
    pub(crate) entry: Arc<Entry>,
    pub(crate) qualifier: String,
    pub(crate) config: UrlConfig,
    pub(crate) invoked_arn: Arc<str>,
    /// Whether the policy lets anybody in.
    pub(crate) public: bool,
}

/// What a change wants done.
pub(crate) enum Change {
    Keep,
    Save(Box<Function>),
    Delete,
}

#[derive(Debug, Default)]
struct Maps {
    functions: BTreeMap<String, Arc<Entry>>,
    urls: HashMap<String, Arc<UrlRoute>>,
}

/// The functions of a host.
#[derive(Debug)]
pub(crate) struct Registry {
    machine: Arc<Machine>,
    store: Arc<FunctionStore>,
    maps: RwLock<Maps>,
    /// One change at a time.
    writer: tokio::sync::Mutex<()>,
}

impl Registry {
    pub(crate) fn open(machine: Arc<Machine>, store: FunctionStore) -> io::Result<Self> {
        let functions = store.load()?;
        let mut maps = Maps::default();
        for function in functions {
            let entry = Arc::new(Entry::new(&machine, function, None));
            maps.insert(&machine.region, &entry);
        }
        let store = Arc::new(store);
        let registry =
            Self { machine, store, maps: RwLock::new(maps), writer: tokio::sync::Mutex::default() };
        registry.machine.code.remove_staging()?;
        registry.sweep_code();
        Ok(registry)
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.machine.limits
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Entry>> {
        self.read().functions.get(name).cloned()
    }

    pub(crate) fn url(&self, id: &str) -> Option<Arc<UrlRoute>> {
        self.read().urls.get(id).cloned()
    }

    /// All functions by name.
    pub(crate) fn list(&self) -> Vec<Arc<Entry>> {
        self.read().functions.values().cloned().collect()
    }

    /// Changes a function: `decide` sees it as it is, and what it wants is on disk before it is
    /// visible.
    pub(crate) async fn change<R>(
        &self,
        name: &str,
        decide: impl FnOnce(Option<&Function>) -> Result<(Change, R), ApiError>,
    ) -> Result<R, ApiError> {
        let _writing = self.writer.lock().await;
        let before = self.get(name);
        let (change, result) = decide(before.as_ref().map(|entry| &entry.function))?;
        match change {
            Change::Keep => {}
            Change::Save(function) => {
                self.save(&function).await?;
                let entry = Arc::new(Entry::new(&self.machine, *function, before.as_deref()));
                self.swap(name, before.as_deref(), Some(&entry));
            }
            Change::Delete => {
                self.delete(name).await?;
                self.swap(name, before.as_deref(), None);
            }
        }
        Ok(result)
    }

    /// Deletes packages that no version uses any more.
    pub(crate) fn sweep_code(&self) {
        let entries = self.list();
        let versions = entries.iter().flat_map(|entry| entry.function.all_versions());
        if let Err(error) = self.machine.code.sweep(versions.map(|(_, version)| &version.code)) {
            tracing::warn!(%error, "could not sweep unused packages");
        }
    }

    /// Lets calls under way finish and takes no warm process back.
    pub(crate) fn retire_all(&self) {
        self.pools().iter().for_each(|pool| pool.retire());
    }

    fn pools(&self) -> Vec<Arc<Pool>> {
        let maps = self.read();
        maps.functions.values().flat_map(|entry| entry.pools.values().cloned()).collect()
    }

    async fn save(&self, function: &Function) -> Result<(), ApiError> {
        let (store, function) = (Arc::clone(&self.store), function.clone());
        let saved = tokio::task::spawn_blocking(move || store.save(&function)).await;
        on_disk("save the function", saved)
    }

    async fn delete(&self, name: &str) -> Result<(), ApiError> {
        let (store, name) = (Arc::clone(&self.store), name.to_owned());
        let deleted = tokio::task::spawn_blocking(move || store.delete(&name)).await;
        on_disk("delete the function", deleted)
    }

    fn swap(&self, name: &str, before: Option<&Entry>, after: Option<&Arc<Entry>>) {
        let mut maps = self.maps.write().unwrap_or_else(PoisonError::into_inner);
        maps.remove(name);
        if let Some(entry) = after {
            maps.insert(&self.machine.region, entry);
        }
        drop(maps);
        let kept = |pool: &Arc<Pool>| {
            after.is_some_and(|entry| entry.pools.values().any(|it| Arc::ptr_eq(it, pool)))
        };
        let gone = before.into_iter().flat_map(|entry| entry.pools.values());
        gone.filter(|pool| !kept(pool)).for_each(|pool| pool.retire());
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Maps> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn new(machine: &Arc<Machine>, function: Function, before: Option<&Self>) -> Self {
        let name: Arc<str> = function.name.as_str().into();
        let pools = function.all_versions().map(|(number, version)| {
            let old = before.and_then(|before| before.pools.get(&number));
            let pool = match old.filter(|pool| runs_the_same(&pool.unit, version)) {
                Some(pool) => Arc::clone(pool),
                None => {
                    let unit = Unit {
                        function: Arc::clone(&name),
                        number: number.as_str().into(),
                        version: version.clone(),
                    };
                    Arc::new(Pool::new(Arc::clone(machine), unit))
                }
            };
            (number, pool)
        });
        let pools: HashMap<_, _> = pools.collect();
        for (number, pool) in &pools {
            let asked = function.provisioned.iter();
            let asked = asked.filter(|(qualifier, _)| {
                function.resolve(qualifier).is_some_and(|(version, _)| version == number)
            });
            let processes: u32 = asked.map(|(_, provisioned)| provisioned.requested).sum();
            pool.provision(usize::try_from(processes).unwrap_or(usize::MAX));
        }
        let gate = before.map_or_else(Arc::default, |before| Arc::clone(&before.gate));
        let total = function.total_provisioned();
        gate.reserve(function.reserved_concurrency.map(|reserved| reserved.saturating_sub(total)));
        let provisioned = function.provisioned.iter().map(|(qualifier, config)| {
            let number = function.provisioned_version(qualifier);
            let kept = before.and_then(|before| before.provisioned.get(number));
            let gate = kept.map_or_else(Arc::default, Arc::clone);
            gate.reserve(Some(config.requested));
            (number.to_owned(), gate)
        });
        let provisioned = provisioned.collect();
        Self { function, gate, provisioned, pools }
    }

    /// A place for a call of the version: one that is provisioned for it, or one that all share.
    pub(crate) fn enter(&self, number: &str) -> Option<Permit> {
        let own = self.provisioned.get(number).and_then(Gate::enter);
        own.or_else(|| self.gate.enter())
    }

    /// How many processes are there for a provisioned qualifier.
    pub(crate) fn kept_ready(&self, qualifier: &str) -> usize {
        let pool = self.pools.get(self.function.provisioned_version(qualifier));
        pool.map_or(0, |pool| pool.ready())
    }

    /// The pool that a qualifier's calls go to; an alias with weights chooses anew each time.
    pub(crate) fn pool(&self, qualifier: &str) -> Option<&Arc<Pool>> {
        let Some(alias) = self.function.aliases.get(qualifier) else {
            return self.pools.get(qualifier);
        };
        let version = match &alias.additional {
            Some((other, weight)) if fraction() < *weight => other,
            _ => &alias.version,
        };
        self.pools.get(version)
    }
}

impl Maps {
    fn insert(&mut self, region: &str, entry: &Arc<Entry>) {
        let function = &entry.function;
        for (qualifier, config) in &function.urls {
            let arn = match qualifier.as_str() {
                LATEST => function_arn(region, &function.name),
                alias => qualified_arn(region, &function.name, alias),
            };
            let route = UrlRoute {
                entry: Arc::clone(entry),
                qualifier: qualifier.clone(),
                config: config.clone(),
                invoked_arn: arn.into(),
                public: function.policies.get(qualifier).is_some_and(policy::opens_url),
            };
            self.urls.insert(config.id.clone(), Arc::new(route));
        }
        self.functions.insert(function.name.clone(), Arc::clone(entry));
    }

    fn remove(&mut self, name: &str) {
        if let Some(entry) = self.functions.remove(name) {
            for config in entry.function.urls.values() {
                self.urls.remove(&config.id);
            }
        }
    }
}

/// Whether warm processes of `unit` may go on serving as `version`.
fn runs_the_same(unit: &Unit, version: &crate::model::Version) -> bool {
    unit.version.code == version.code && unit.version.settings == version.settings
}

/// A random number in 0..1.
fn fraction() -> f64 {
    // Without randomness all requests go to the alias's own version.
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}

fn on_disk(
    attempt: &str,
    done: Result<io::Result<()>, tokio::task::JoinError>,
) -> Result<(), ApiError> {
    match done {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(ApiError::internal(attempt, &error)),
        Err(error) => Err(ApiError::internal(attempt, &error)),
    }
}
