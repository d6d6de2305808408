//! What a process sets up once, before its first call.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use minijinja::Environment;
use promptpilot_spec::{
    deployment::{IDENTITY_VARIABLE, Identity, TOKEN_VARIABLE},
    state::{ADDRESS_VARIABLE, Address, AddressError},
    template::{self, TemplateError},
};

use crate::{
    call::{Circuits, Flights, KnownKeys},
    endpoint::{Endpoint, Message},
    log::{self, LEVEL_VARIABLE},
    output::Output,
    provider::Turn,
    purse::Purse,
    secret::Secret,
    state::{Place, State},
    transport::AwsKeys,
};

/// One endpoint in one process.
pub(crate) struct Function {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) identity: Identity,
    pub(crate) token: Secret,
    keys: BTreeMap<&'static str, Secret>,
    templates: Environment<'static>,
    warm: AtomicBool,
    pub(crate) circuits: Circuits,
    /// What is kept outside of this process, where the endpoint needs it.
    pub(crate) state: Option<State>,
    pub(crate) known_keys: KnownKeys,
    /// What calls are paid from, where there is a store that knows budgets.
    pub(crate) purse: Option<Purse>,
    pub(crate) flights: Flights,
    pub(crate) output: Output,
}

/// Why a function cannot start. The text reaches whoever deploys it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    #[error("the environment variable {} is missing", .0.join(" and "))]
    Missing(Vec<String>),
    #[error("the environment variable {IDENTITY_VARIABLE} is not what the deployer writes: {0}")]
    Identity(#[source] serde_json::Error),
    #[error("the environment variable {LEVEL_VARIABLE} cannot be used: {0}")]
    Level(String),
    #[error("the environment variable {ADDRESS_VARIABLE} cannot be used: {0}")]
    Address(#[from] AddressError),
    #[error(
        "the environment variable {ADDRESS_VARIABLE} is `{0}`, and this function is linked with no \
         store of that kind: deploy the endpoint again"
    )]
    StateKind(Address),
    #[error("message {number} of the prompt is no template: {source}")]
    Template { number: usize, source: minijinja::Error },
}

impl Function {
    /// Reads the environment and compiles the templates.
    pub(crate) fn start(
        endpoint: &'static Endpoint,
        variable: impl Fn(&str) -> Option<String>,
        output: Output,
    ) -> Result<Self, InitError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(level) = variable(LEVEL_VARIABLE) {
            log::set_level(&level).map_err(InitError::Level)?;
        }
        let mut missing = Vec::new();
        let mut needed = |name: &str| {
            variable(name).unwrap_or_else(|| {
                missing.push(name.to_owned());
                String::new()
            })
        };
        let identity = needed(IDENTITY_VARIABLE);
        let token = needed(TOKEN_VARIABLE);
        let keeps = !endpoint.state.is_empty();
        let address = keeps.then(|| needed(ADDRESS_VARIABLE));
        let names = endpoint.all_models().filter_map(|model| model.key);
        let mut keys = BTreeMap::new();
        for name in names {
            keys.entry(name).or_insert_with(|| Secret::from(needed(name)));
        }
        if !missing.is_empty() {
            return Err(InitError::Missing(missing));
        }
        let identity: Identity = serde_json::from_str(&identity).map_err(InitError::Identity)?;
        let token = Secret::from(token);
        let state = match address {
            Some(address) => Some(open(endpoint, address.parse()?, &identity, &token)?),
            None => None,
        };
        let purse = state.as_ref().map(|state| Purse::new(state.budgets()));
        Ok(Self {
            endpoint,
            identity,
            token,
            state,
            known_keys: KnownKeys::default(),
            purse,
            flights: Flights::default(),
            keys,
            templates: compile(endpoint.prompt)?,
            warm: AtomicBool::new(false),
            circuits: Circuits::new(endpoint.all_models().count()),
            output,
        })
    }

    /// Of an endpoint that takes nothing from its environment.
    pub(crate) fn bare(endpoint: &'static Endpoint, identity: Identity) -> Self {
        Self {
            endpoint,
            identity,
            token: Secret::from(String::new()),
            state: None,
            known_keys: KnownKeys::default(),
            purse: None,
            flights: Flights::default(),
            keys: BTreeMap::new(),
            templates: template::environment(),
            warm: AtomicBool::new(true),
            circuits: Circuits::new(0),
            output: Box::new(|_| {}),
        }
    }

    /// The key in a variable that a model names.
    pub(crate) fn key(&self, variable: &str) -> Option<&Secret> {
        self.keys.get(variable)
    }

    /// Whether this is the first call of the process.
    pub(crate) fn is_cold(&self) -> bool {
        !self.warm.swap(true, Ordering::Relaxed)
    }

    /// The conversation, rendered.
    pub(crate) fn render(
        &self,
        variables: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Vec<Turn>, TemplateError> {
        let render = |(number, message): (usize, &Message)| {
            let template = self.templates.get_template(&template_name(number));
            let text = template::render(&template.map_err(TemplateError::Syntax)?, variables)?;
            Ok(Turn::new(message.role, text))
        };
        self.endpoint.prompt.iter().enumerate().map(render).collect()
    }
}

/// The endpoint's store at this address.
fn open(
    endpoint: &Endpoint,
    address: Address,
    identity: &Identity,
    token: &Secret,
) -> Result<State, InitError> {
    let place = Place {
        address,
        organization: identity.organization,
        deployment: identity.deployment,
        token: token.clone(),
        aws: AwsKeys::OfEnvironment,
    };
    State::open(endpoint.state, &place).ok_or(InitError::StateKind(place.address))
}

fn compile(prompt: &'static [Message]) -> Result<Environment<'static>, InitError> {
    let mut environment = template::environment();
    for (number, message) in prompt.iter().enumerate() {
        environment
            .add_template_owned(template_name(number), message.template)
            .map_err(|source| InitError::Template { number: number + 1, source })?;
    }
    Ok(environment)
}

fn template_name(number: usize) -> String {
    format!("message {}", number + 1)
}
