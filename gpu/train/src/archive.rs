//! Tensors in a safetensors file, which PyTorch reads too.

use gpu::shape;
use safetensors::tensor::{Dtype, SafeTensors};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};
use thiserror::Error;

/// Named tensors with a text beside them.
#[derive(Debug, Default)]
pub struct Archive {
    /// On the CPU after reading.
    pub tensors: BTreeMap<String, Tensor>,
    /// By key; the file's `__metadata__`.
    pub metadata: HashMap<String, String>,
}

/// Why an archive could not be read or written.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// Opening or reading failed.
    #[error("{}: cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Not a safetensors file, or one that ends too early.
    #[error("{}: is no whole safetensors file: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        reason: String,
    },
    /// A tensor of a type that no network has.
    #[error("{}: {name} is of type {dtype}; float and integer tensors are read", path.display())]
    Dtype {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its type.
        dtype: String,
    },
    /// Writing failed; a file that was there before is unchanged.
    #[error(transparent)]
    Write(#[from] fixtures::Error),
}

impl Archive {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or is no safetensors file.
    pub fn read(path: &Path) -> Result<Self, ArchiveError> {
        let path_owned = || path.to_owned();
        let bytes =
            fs::read(path).map_err(|error| ArchiveError::Read { path: path_owned(), error })?;
        let malformed = |error: safetensors::SafeTensorError| ArchiveError::Malformed {
            path: path_owned(),
            reason: error.to_string(),
        };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(malformed)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let file = SafeTensors::deserialize(&bytes).map_err(malformed)?;
        let tensors = file.iter().map(|(name, view)| {
            let kind = kind(view.dtype()).ok_or_else(|| ArchiveError::Dtype {
                path: path_owned(),
                name: name.to_owned(),
                dtype: format!("{:?}", view.dtype()),
            })?;
            let size: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
            Ok((name.to_owned(), Tensor::from_data_size(view.data(), &size, kind)))
        });
        Ok(Self { tensors: tensors.collect::<Result<_, ArchiveError>>()?, metadata })
    }

    /// Writes a file that appears whole or not at all.
    ///
    /// # Errors
    /// If the system refuses; a file that was there before is unchanged.
    pub fn write(&self, path: &Path) -> Result<(), ArchiveError> {
        let views: BTreeMap<_, _> =
            self.tensors.iter().map(|(name, tensor)| (name, Stored::new(tensor))).collect();
        let metadata = (!self.metadata.is_empty()).then(|| self.metadata.clone());
        let bytes = safetensors::serialize(views, metadata).expect("valid shapes");
        Ok(fixtures::write_whole(path, &bytes)?)
    }
}

/// A tensor's bytes on the CPU, row-major.
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Stored {
    fn new(tensor: &Tensor) -> Self {
        let tensor = tensor.detach().to_device(Device::Cpu).contiguous();
        let dtype = dtype(tensor.kind());
        let (count, size) = (tensor.numel(), tensor.kind().elt_size_in_bytes());
        let mut bytes = vec![0; count * size];
        tensor.copy_data_u8(&mut bytes, count);
        Self { dtype, shape: shape(&tensor), bytes }
    }
}

impl safetensors::View for Stored {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The types that are read, in both languages.
const KINDS: [(Dtype, Kind); 6] = [
    (Dtype::F64, Kind::Double),
    (Dtype::F32, Kind::Float),
    (Dtype::F16, Kind::Half),
    (Dtype::BF16, Kind::BFloat16),
    (Dtype::I64, Kind::Int64),
    (Dtype::U8, Kind::Uint8),
];

fn kind(dtype: Dtype) -> Option<Kind> {
    KINDS.iter().find(|(d, _)| *d == dtype).map(|&(_, kind)| kind)
}

fn dtype(kind: Kind) -> Dtype {
    KINDS.iter().find(|(_, k)| *k == kind).expect("a network's type").0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.safetensors");
        tch::manual_seed(8);
        let options = (Kind::Double, Device::Cpu);
        let tensors = BTreeMap::from([
            ("transposed".to_owned(), Tensor::randn([3, 2], options).tr()),
            ("single".to_owned(), Tensor::randn([5], options).to_kind(Kind::Float)),
            ("scalar".to_owned(), Tensor::from(4_i64)),
        ]);
        let metadata = HashMap::from([("key".to_owned(), "{\"a\": 1}".to_owned())]);
        let archive = Archive { tensors, metadata };
        archive.write(&path).unwrap();
        let back = Archive::read(&path).unwrap();
        assert_eq!(back.metadata, archive.metadata);
        assert_eq!(back.tensors, archive.tensors);
    }

    #[test]
    fn what_is_no_archive_is_refused_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.safetensors");
        let archive = Archive {
            tensors: BTreeMap::from([(
                "a".to_owned(),
                Tensor::zeros([9], (Kind::Float, Device::Cpu)),
            )]),
            metadata: HashMap::new(),
        };
        archive.write(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let error = Archive::read(&path).unwrap_err().to_string();
            assert!(error.contains("a.safetensors: is no whole safetensors file"), "{error}");
        }
        let _ = fs::remove_file(&path);
        let error = Archive::read(&path).unwrap_err().to_string();
        assert!(error.contains("a.safetensors: cannot be read"), "{error}");
    }
}
