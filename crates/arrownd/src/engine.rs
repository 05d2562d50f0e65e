//! The four steps one by one, for those who own the memory that is written: bindings to other languages.
//!
//! Programs with Arrow arrays and `ndarray` have what they need in the [crate's root](crate). The Python
//! package is made of what is in here.
//!
//! ```
//! use arrow_array::Int32Array;
//! use arrow_schema::{DataType, Field};
//! use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
//! use std::mem::MaybeUninit;
//!
//! let array = Int32Array::from(vec![Some(1), None, Some(3)]);
//! // Import: checked slices, counted once.
//! let field = Field::new("", DataType::Int32, true);
//! let chunks = [chunk_of(&array)];
//! let options = Options::default();
//! let column = Column::new(&field, &chunks, &options)?;
//! // Plan: nothing is converted yet.
//! let planned = Planned::new(&column, &options, &[])?;
//! assert_eq!(planned.plan().copies(), Some(true));
//! // Execute: into memory that the caller has.
//! let mut memory = [MaybeUninit::<f64>::uninit(); 3];
//! if let Some(mut dest) = Dest::from_slice(&mut memory, &[3]) {
//!     planned.task().fill_values(&mut dest)?;
//! }
//! # Ok::<(), arrownd::Error>(())
//! ```

pub use crate::codes::Codes;
pub use crate::execute::{Dest, Planned, Run, Task, ViewOf, Visit};
pub use crate::kernels::{DecimalText, choose, civil, is_ascii};
pub use crate::mapping::{Element, Mapped, ROWS, Row, RowId, map};
pub use crate::options::{Fills, Form, Lists, Nulls, Options, OutSpec, Outs};
pub use crate::plain::{Flat, FlatType, FlatValues, Plain, PlainView, join, plain_of};
pub use crate::plan::{
    CodesPlan, Facts, FactsNode, LeafFacts, LeafStep, Op, PlanDisplay, Step, Words, plan, type_name,
};
pub use crate::record::{RecordField, RecordType};
pub use crate::source::{
    ArrowArray, ArrowArrayStream, ArrowSchema, Bits, Block, Chunk, ChunkBounds, Column, Data, Dims, Held,
    Leaf, Node, Octets, Offsets, Part, Path, Ragged, RowBounds, RowValues, Selection, Validity, ViewRow, Way,
    chunk_of, is_utf8, read_array, read_fields, read_schema, values_field,
};
#[cfg(feature = "rayon")]
#[doc(hidden)]
pub use crate::threads::pretend;

/// From dense arrays to Arrow: the other way, in the same four steps.
///
/// What came in is an [`Input`](dense::Input): dense arrays ([`Dense`](dense::Dense)), or structs of them.
/// [`plan()`](dense::plan()) is a pure function of its facts and the [`Options`](dense::Options);
/// [`execute()`](dense::execute()) carries the plan out and makes [`Made`](dense::Made) of it.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::dense::{ArrowMemory, Dense, Input, Options, execute, plan};
/// use std::sync::Arc;
///
/// // Import: memory that somebody owns.
/// let owner = Arc::new(vec![0.5f64, 1.5]);
/// // SAFETY: the owner keeps two values at that address.
/// let dense = unsafe { Dense::new(owner.as_ptr().cast(), DType::Float64, false, &[2], &[8], owner) };
/// let input = Input::Dense(dense);
/// // Plan: nothing is converted yet.
/// let plan = plan(&input, &Options::default())?;
/// assert_eq!((plan.copies(), plan.nbytes()), (Some(false), Some(0)));
/// // Execute: here the memory is shared.
/// let made = execute(&plan, &input, &mut ArrowMemory)?;
/// assert_eq!(made.data.buffers()[0].typed_data::<f64>(), [0.5, 1.5]);
/// # Ok::<(), arrownd::Error>(())
/// ```
pub mod dense {
    pub use crate::dense::{
        ArrowMemory, Cells, Columns, DENSE_ROWS, Dense, DenseRow, EncodedBuilder, FixedBuilder, Input, Made,
        Mask, Memory, OctetsBuilder, OnWritable, Options, Room, Shape, Strides, ToArrow, byte_strings, cast,
        check_copies, execute, nest, no_character, plan, type_name, unicode, wanted_field, wanted_values,
    };
}
