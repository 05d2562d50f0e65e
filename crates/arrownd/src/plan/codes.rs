//! The plan of a dictionary's codes.

use arrow_schema::DataType;

use super::{Reason, Reasons, Transfer};
use crate::dtype::DType;
use crate::error::{Error, Result};

/// What the planner may know of a dictionary.
#[derive(Debug, Clone)]
pub(crate) struct CodeFacts<'f> {
    /// The type of the producer's codes.
    pub(crate) index: &'f DataType,
    /// How many chunks there are.
    pub(crate) chunks: usize,
    /// How many values are missing: their code is, or their category.
    pub(crate) missing: usize,
    /// Codes change because chunks are unified, or categories dropped.
    pub(crate) renumbered: bool,
    /// How many categories there are.
    pub(crate) categories: usize,
}

/// What becomes of a dictionary's codes.
///
/// ```
/// use arrow_array::{Array, DictionaryArray, types::UInt8Type};
/// use arrow_schema::Field;
/// use arrownd::engine::{Codes, chunk_of};
/// use arrownd::{DType, Reason};
///
/// let array: DictionaryArray<UInt8Type> = ["red", "blue"].into_iter().collect();
/// let field = Field::new("", array.data_type().clone(), true);
/// let chunks = [chunk_of(&array)];
/// let codes = Codes::new(&field, &chunks)?;
/// // -1 has to fit.
/// assert_eq!(codes.plan().dtype, DType::Int16);
/// assert_eq!(codes.plan().reasons(), [Reason::Widened { from: 8, to: 16 }]);
/// assert!(codes.plan().check_copies(false).is_err());
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodesPlan {
    /// Their dtype: the producer's where they are viewed, otherwise the next wider signed one.
    pub dtype: DType,
    /// View or copy.
    pub transfer: Transfer,
}

impl CodesPlan {
    /// Why the codes are copied, empty for a view. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::{Reason, engine::{Codes, chunk_of}};
    /// let array: DictionaryArray<Int8Type> = [Some("red"), None].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// let codes = Codes::new(&field, &chunks)?;
    /// assert_eq!(codes.plan().reasons(), [Reason::Nulls { count: Some(1), viewable: false }]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match &self.transfer {
            Transfer::Copy(reasons) => reasons,
            Transfer::View => &[],
        }
    }

    /// Refuses the copy that `allow_copy = false` forbids. *O(1)*.
    ///
    /// # Errors
    /// [`Error::CopyNotAllowed`] with this plan's reasons.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::{Int8Type, UInt8Type}};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Codes, chunk_of};
    /// let viewed = |array: &dyn Array| {
    ///     let field = Field::new("", array.data_type().clone(), true);
    ///     Codes::new(&field, &[chunk_of(array)])?.plan().check_copies(false)
    /// };
    /// let (red, blue) = (["red", "blue"].into_iter(), ["red", "blue"].into_iter());
    /// assert!(viewed(&red.collect::<DictionaryArray<Int8Type>>()).is_ok());
    /// // Unsigned codes have no place for -1.
    /// assert!(viewed(&blue.collect::<DictionaryArray<UInt8Type>>()).is_err());
    /// ```
    pub fn check_copies(&self, allow_copy: bool) -> Result<()> {
        match &self.transfer {
            Transfer::Copy(reasons) if !allow_copy => {
                Err(Error::CopyNotAllowed { path: String::new(), reasons: reasons.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Plans the codes of a dictionary.
#[must_use]
pub(crate) fn codes(facts: &CodeFacts<'_>) -> CodesPlan {
    const SIGNED: [DType; 4] = [DType::Int8, DType::Int16, DType::Int32, DType::Int64];
    let (own, signed) = match facts.index {
        DataType::Int8 => (0, true),
        DataType::Int16 => (1, true),
        DataType::Int32 => (2, true),
        DataType::UInt8 => (0, false),
        DataType::UInt16 => (1, false),
        DataType::UInt32 => (2, false),
        DataType::UInt64 => (3, false),
        _ => (3, true),
    };
    let dtype = |at: usize| SIGNED.get(at).copied().unwrap_or(DType::Int64);
    if signed && !facts.renumbered && facts.missing == 0 {
        return CodesPlan { dtype: dtype(own), transfer: Transfer::View };
    }
    let mut wider = (own + 1).min(3);
    // Many chunks may bring more categories than the codes of any of them count.
    while wider < 3 && facts.categories > 1 << (8 * dtype(wider).itemsize() - 1) {
        wider += 1;
    }
    let mut reasons = Reasons::new();
    if facts.chunks > 1 {
        reasons.push(Reason::Chunked { chunks: facts.chunks });
    }
    if facts.missing > 0 {
        reasons.push(Reason::Nulls { count: Some(facts.missing), viewable: false });
    }
    if !signed || reasons.is_empty() {
        reasons.push(Reason::Widened { from: 8 << own, to: 8 << wider });
    }
    CodesPlan { dtype: dtype(wider), transfer: Transfer::Copy(reasons) }
}
