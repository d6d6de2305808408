//! Built code, by what it was built from. Each organization has its own.

use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path};
use uuid::Uuid;

pub(crate) mod package;
pub(crate) mod store;

/// Where artifacts are kept.
#[derive(Debug)]
pub(crate) struct Artifacts {
    store: Box<dyn ObjectStore>,
}

/// A failure to keep or to find an artifact.
#[derive(Debug, thiserror::Error)]
#[error("could not {attempted} the artifact {id}")]
pub(crate) struct ArtifactError {
    attempted: &'static str,
    id: String,
    #[source]
    source: object_store::Error,
}

impl ArtifactError {
    /// Whether the disk is full.
    pub(crate) fn is_disk_full(&self) -> bool {
        crate::http::problem::chain(&self.source).contains("No space left")
    }
}

impl Artifacts {
    /// Artifacts in a folder, which is made where it is missing.
    pub(crate) fn in_folder(folder: &std::path::Path) -> Result<Self, object_store::Error> {
        std::fs::create_dir_all(folder).map_err(|source| object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(source),
        })?;
        Ok(Self { store: Box::new(LocalFileSystem::new_with_prefix(folder)?) })
    }

    /// The packed code; `None` when it is not there.
    pub(crate) async fn get(
        &self,
        organization: Uuid,
        id: &str,
    ) -> Result<Option<bytes::Bytes>, ArtifactError> {
        let failed = |source| ArtifactError { attempted: "read", id: id.to_owned(), source };
        match self.store.get(&place(organization, id)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(failed),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Whether it is there.
    pub(crate) async fn has(&self, organization: Uuid, id: &str) -> Result<bool, ArtifactError> {
        match self.store.head(&place(organization, id)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(ArtifactError { attempted: "look for", id: id.to_owned(), source }),
        }
    }

    /// Keeps packed code. The folder shows it whole or not at all.
    pub(crate) async fn put(
        &self,
        organization: Uuid,
        id: &str,
        code: bytes::Bytes,
    ) -> Result<(), ArtifactError> {
        let failed = |source| ArtifactError { attempted: "keep", id: id.to_owned(), source };
        self.store
            .put(&place(organization, id), PutPayload::from_bytes(code))
            .await
            .map(drop)
            .map_err(failed)
    }

    /// Throws it away.
    pub(crate) async fn delete(&self, organization: Uuid, id: &str) -> Result<(), ArtifactError> {
        match self.store.delete(&place(organization, id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => {
                Err(ArtifactError { attempted: "throw away", id: id.to_owned(), source })
            }
        }
    }
}

fn place(organization: Uuid, id: &str) -> Path {
    Path::from_iter([organization.to_string(), format!("{id}.zip")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_found_by_its_organization_only()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let artifacts = Artifacts::in_folder(&folder.path().join("artifacts"))?;
        let (ours, theirs) = (Uuid::now_v7(), Uuid::now_v7());
        artifacts.put(ours, "a", bytes::Bytes::from_static(b"code")).await?;
        assert_eq!(artifacts.get(ours, "a").await?.as_deref(), Some(&b"code"[..]));
        assert_eq!(artifacts.get(theirs, "a").await?, None);
        artifacts.delete(ours, "a").await?;
        artifacts.delete(ours, "a").await?;
        assert!(!artifacts.has(ours, "a").await?);
        Ok(())
    }
}
