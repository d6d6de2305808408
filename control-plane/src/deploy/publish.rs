//! Publish: a bootstrap becomes a numbered version of the function. The alias is left alone.
//!
//! What is at the target is compared with what should be, one change at a time, each made against
//! the revision that was read after the last one had settled. Safe to run twice: what is right is
//! left alone, and Lambda makes no new version of unchanged code and settings.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_lambda::{
    Client,
    operation::get_function_configuration::GetFunctionConfigurationOutput as Remote,
    primitives::Blob,
    types::{Architecture, Environment, FunctionCode, Runtime},
};
use promptpilot_spec::{
    deployment::{IDENTITY_VARIABLE, Identity, PRIVATE_ADDRESSES_VARIABLE, TOKEN_VARIABLE},
    state::ADDRESS_VARIABLE,
};
use uuid::Uuid;

use super::{
    job::{Job, Stop, Work},
    model::{Failure, Status},
    queue::store::{self, Made},
    release, variables,
};
use crate::{
    credentials::{
        self,
        vault::{Vault, VaultError},
    },
    lambda::{
        LambdaError,
        settle::{Waits, configuration, settled},
    },
};

/// How long others' changes are waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the function should be like.
struct Wanted {
    code_sha256: String,
    architecture: Architecture,
    memory: i32,
    timeout: i32,
    role: String,
    description: String,
    variables: BTreeMap<String, String>,
    tags: Vec<(String, String)>,
}

pub(crate) async fn run(work: &Work, job: &mut Job) -> Result<(), Stop> {
    work.enter(job, Status::Publishing).await?;
    if job.function_version.is_some() && job.found_in() == Status::Verifying {
        return Ok(());
    }
    let system = work.plane.database().system();
    let organization = work.claim.organization;
    let taken = &job.taken;
    release::store::ensure_function(
        system,
        organization,
        taken.endpoint,
        taken.environment,
        &job.function,
    )
    .await?;
    let made = Made { function: Some(&job.function), ..Made::default() };
    store::save_made(system, organization, taken.id, &made).await?;
    let keys = keys(work, job).await?;
    let given = variables::given(work, job).await?;
    let wanted = wanted(work, job, keys, given)?;
    let version = converge(work, job, &wanted).await?;
    let made = Made { function_version: Some(&version), ..Made::default() };
    store::save_made(system, organization, job.taken.id, &made).await?;
    work.say(job, format!("{} version {version}", job.function)).await?;
    job.function_version = Some(version);
    Ok(())
}

/// The keys that the function is given, by variable; written down before it has them.
async fn keys(work: &Work, job: &Job) -> Result<BTreeMap<String, String>, Stop> {
    let variables = &job.plan()?.key_variables;
    let organization = work.claim.organization;
    let mut db = crate::database::begin_system(work.plane.database().system()).await?;
    let versions = job.credentials.versions(variables);
    credentials::store::give(&mut db, organization, job.taken.id, &versions).await?;
    let unreadable = |error: VaultError| match error {
        VaultError::Database(error) => Stop::Database(error),
        error => {
            let hint = Some("store it once more with `promptpilot credentials set`");
            job.fail(format!("a provider's key could not be read: {error}")).hint(hint).stop()
        }
    };
    let mut keys = BTreeMap::new();
    if !variables.is_empty() {
        let key = &work.plane.settings().secret_key;
        let vault = Vault::of(&mut db, key, organization).await.map_err(unreadable)?;
        for variable in variables {
            let Some(kept) = job.credentials.get(variable) else {
                return Err(job.fail(format!("the key {variable} is not there")).internal().stop());
            };
            let (id, version) = (kept.version.id, kept.version.version);
            let secret = vault.open(id, version, &kept.sealed).map_err(unreadable)?;
            keys.insert(variable.clone(), secret.expose().to_owned());
        }
    }
    db.commit().await?;
    Ok(keys)
}

fn wanted(
    work: &Work,
    job: &Job,
    keys: BTreeMap<String, String>,
    given: BTreeMap<String, String>,
) -> Result<Wanted, Stop> {
    let (plan, artifact, taken) = (job.plan()?, job.artifact()?, &job.taken);
    let settings = work.plane.settings();
    let identity = Identity {
        organization: work.claim.organization,
        environment: taken.environment_name.clone(),
        endpoint: taken.endpoint,
        version: taken.version.unsigned_abs(),
        deployment: taken.id,
    };
    let identity = serde_json::to_string(&identity).map_err(|error| {
        job.fail(format!("could not write its identity: {error}")).internal().stop()
    })?;
    let mut variables = BTreeMap::from([
        (IDENTITY_VARIABLE.to_owned(), identity),
        (TOKEN_VARIABLE.to_owned(), work.token(job).expose().to_owned()),
    ]);
    if !settings.private_addresses {
        variables.insert(PRIVATE_ADDRESSES_VARIABLE.to_owned(), "deny".to_owned());
    }
    match &settings.state {
        // What was built when the organization had a budget asks for it, and may be published again.
        Some(address) => {
            variables.insert(ADDRESS_VARIABLE.to_owned(), address.clone());
        }
        None if plan.state => {
            let hint = Some("start `promptpilot worker` with `--state URL`");
            return Err(job.fail("there is no state store").hint(hint).stop());
        }
        None => {}
    }
    variables.extend(given);
    variables.extend(keys);
    let name = &taken.name;
    let tag = |key: &str, value: String| (format!("promptpilot:{key}"), value);
    Ok(Wanted {
        code_sha256: artifact.code_sha256.clone(),
        architecture: Architecture::from(&*artifact.architecture),
        memory: i32::try_from(plan.memory).unwrap_or(i32::MAX),
        timeout: i32::try_from(plan.timeout.as_secs_ceil()).unwrap_or(i32::MAX),
        role: role(&settings.lambda.role_arn, work.claim.organization),
        description: format!("Prompt Pilot endpoint {name}, version {}", taken.version),
        variables,
        tags: vec![
            tag("organization", work.claim.organization.to_string()),
            tag("environment", taken.environment_name.clone()),
            tag("endpoint", taken.endpoint.to_string()),
            tag("name", name.clone()),
        ],
    })
}

/// The role that an organization's functions run as: where the settings leave a place for it, one of
/// its own, which can be held to the organization's part of a table.
fn role(arn: &str, organization: Uuid) -> String {
    arn.replace("{organization}", &organization.to_string())
}

/// Makes the function be as wanted and publishes it.
async fn converge(work: &Work, job: &Job, wanted: &Wanted) -> Result<String, Stop> {
    let client = work.plane.lambda();
    let mut waits = Waits::new(PATIENCE);
    let mut told = false;
    loop {
        work.go_on()?;
        match step(work, job, client, wanted, &mut told).await {
            Ok(Some(version)) => return Ok(version),
            Ok(None) => {}
            // Somebody else changed it in between, or a change is still under way: read again.
            Err(Step::Lambda(error)) if error.stale() || error.conflict() => {
                tracing::debug!(function = %job.function, %error, "the function changed under us");
                if !waits.wait().await {
                    return Err(failure(job, &error).stop());
                }
            }
            Err(Step::Lambda(error)) => return Err(failure(job, &error).stop()),
            Err(Step::Stop(stop)) => return Err(stop),
        }
    }
}

enum Step {
    Lambda(LambdaError),
    Stop(Stop),
}

impl From<LambdaError> for Step {
    fn from(error: LambdaError) -> Self {
        Self::Lambda(error)
    }
}

impl From<Stop> for Step {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// One change; the version's number when there is nothing left to change.
async fn step(
    work: &Work,
    job: &Job,
    client: &Client,
    wanted: &Wanted,
    told: &mut bool,
) -> Result<Option<String>, Step> {
    let now = match configuration(client, &job.function, None).await {
        Ok(_) => settled(client, &job.function, None).await?,
        Err(error) if error.not_found() => {
            create(work, job, client, wanted).await?;
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let same_architecture = now.architectures() == std::slice::from_ref(&wanted.architecture);
    if now.code_sha256() != Some(&*wanted.code_sha256) || !same_architecture {
        update_code(work, job, client, wanted, &now).await?;
        return Ok(None);
    }
    let remote = now.environment().and_then(|environment| environment.variables());
    let variables = variables::with_others(&wanted.variables, remote);
    if !*told {
        *told = true;
        tell_foreign(work, job, wanted, &variables).await?;
    }
    if !is_configured(&now, wanted, &variables) {
        update_settings(job, client, wanted, &now, variables).await?;
        return Ok(None);
    }
    let published = client
        .publish_version()
        .function_name(&job.function)
        .code_sha256(&wanted.code_sha256)
        .description(&wanted.description)
        .set_revision_id(now.revision_id().map(ToOwned::to_owned))
        .send()
        .await
        .map_err(LambdaError::from_sdk("publish a version of the function"))?;
    let version = published.version().unwrap_or_default().to_owned();
    if version.is_empty() {
        let said = "it answered without a version number";
        return Err(LambdaError::unexpected("publish a version of the function", said).into());
    }
    settled(client, &job.function, Some(&version)).await?;
    Ok(Some(version))
}

/// The packed code, from where artifacts are kept.
async fn code(work: &Work, job: &Job) -> Result<Blob, Stop> {
    let id = &job.artifact()?.id;
    match work.plane.artifacts().get(work.claim.organization, id).await {
        Ok(Some(zip)) => Ok(Blob::new(zip)),
        Ok(None) => {
            let hint = Some("try again: it is built anew");
            Err(job.fail("the built code is gone").internal().hint(hint).stop())
        }
        Err(error) => Err(job.fail(crate::http::problem::chain(&error)).internal().stop()),
    }
}

async fn create(work: &Work, job: &Job, client: &Client, wanted: &Wanted) -> Result<(), Step> {
    work.say(job, format!("creating the function {}", job.function)).await?;
    let environment = environment(wanted.variables.clone());
    client
        .create_function()
        .function_name(&job.function)
        .runtime(Runtime::Providedal2023)
        .handler("bootstrap")
        .role(&wanted.role)
        .description(&wanted.description)
        .architectures(wanted.architecture.clone())
        .memory_size(wanted.memory)
        .timeout(wanted.timeout)
        .environment(environment)
        .set_tags(Some(wanted.tags.iter().cloned().collect()))
        .code(FunctionCode::builder().zip_file(code(work, job).await?).build())
        .publish(false)
        .send()
        .await
        .map_err(LambdaError::from_sdk("create the function"))?;
    Ok(())
}

async fn update_code(
    work: &Work,
    job: &Job,
    client: &Client,
    wanted: &Wanted,
    now: &Remote,
) -> Result<(), Step> {
    client
        .update_function_code()
        .function_name(&job.function)
        .architectures(wanted.architecture.clone())
        .zip_file(code(work, job).await?)
        .set_revision_id(now.revision_id().map(ToOwned::to_owned))
        .send()
        .await
        .map_err(LambdaError::from_sdk("upload the function's code"))?;
    Ok(())
}

async fn update_settings(
    job: &Job,
    client: &Client,
    wanted: &Wanted,
    now: &Remote,
    variables: BTreeMap<String, String>,
) -> Result<(), Step> {
    client
        .update_function_configuration()
        .function_name(&job.function)
        .description(&wanted.description)
        .role(&wanted.role)
        .memory_size(wanted.memory)
        .timeout(wanted.timeout)
        .environment(environment(variables))
        .set_revision_id(now.revision_id().map(ToOwned::to_owned))
        .send()
        .await
        .map_err(LambdaError::from_sdk("change the function's settings"))?;
    Ok(())
}

fn environment(variables: BTreeMap<String, String>) -> Environment {
    Environment::builder().set_variables(Some(variables.into_iter().collect())).build()
}

async fn tell_foreign(
    work: &Work,
    job: &Job,
    wanted: &Wanted,
    variables: &BTreeMap<String, String>,
) -> Result<(), Stop> {
    let names = variables.keys().filter(|name| !wanted.variables.contains_key(*name));
    let foreign: Vec<&str> = names.map(String::as_str).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    work.say(job, format!("kept variables that were set at the target: {}", foreign.join(", ")))
        .await
}

fn is_configured(now: &Remote, wanted: &Wanted, variables: &BTreeMap<String, String>) -> bool {
    let remote = now.environment().and_then(|environment| environment.variables());
    let same_variables = remote.map_or(variables.is_empty(), |remote| {
        remote.len() == variables.len()
            && variables.iter().all(|(name, value)| remote.get(name) == Some(value))
    });
    same_variables
        && now.memory_size() == Some(wanted.memory)
        && now.timeout() == Some(wanted.timeout)
        && now.role() == Some(&*wanted.role)
        && now.description() == Some(&*wanted.description)
}

fn failure(job: &Job, error: &LambdaError) -> Failure {
    job.fail(error.to_string()).internal()
}
