//! Masks: where values are missing.

use super::{Dest, Task};
use crate::dtype::DType;
use crate::error::Result;
use crate::kernels;
use crate::mapping::Element;
use crate::options::Fill;
use crate::plan::Step;
use crate::record::{RecordField, RecordType};

impl Task<'_> {
    /// Writes the mask, true where a value is missing, into `dest`, which has the plan's shape. *O(n)*,
    /// allocates nothing.
    ///
    /// # Errors
    /// None today.
    ///
    /// ```
    /// # use arrow_array::Float32Array;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Nulls, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = Float32Array::from(vec![Some(0.5), None]);
    /// # let field = Field::new("", DataType::Float32, true);
    /// let options = Options { nulls: Nulls::Masked, ..Options::default() };
    /// # let chunks = [chunk_of(&array)];
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// let mut mask = [MaybeUninit::new(false); 2];
    /// planned.task().fill_mask(&mut Dest::from_slice(&mut mask, &[2]).unwrap())?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(mask.map(|x| unsafe { x.assume_init() }), [false, true]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn fill_mask(&self, dest: &mut Dest<'_>) -> Result<()> {
        if let Step::Records(record) = &self.plan.step {
            return self.fill_record_mask(record, dest);
        }
        self.spread(dest, None, |mut visit| {
            if visit.step.element == Element::Null {
                kernels::fill_nothing(DType::Bool, &mut visit.run, &Fill::Bool(true));
            } else {
                kernels::mask(visit.part, visit.start, &mut visit.run);
            }
            Ok(())
        })
    }

    /// What [`RecordType::mask`] says, field by field.
    fn fill_record_mask(&self, record: &RecordType, dest: &mut Dest<'_>) -> Result<()> {
        let size = |field: &RecordField| field.masked() * field.dims.iter().product::<usize>();
        // The fields of the mask lie in the order of the dtype's names: nearly always that of the values.
        let in_order = record.fields.is_sorted_by_key(|field| field.place);
        let before = |place| record.fields.iter().filter(|other| other.place < place).map(size).sum();
        let mut passed = 0;
        for (child, field) in self.children().zip(&record.fields) {
            let offset = if in_order { passed } else { before(field.place) };
            passed += size(field);
            let each = field.masked();
            let Some(mut dest) = dest.field(offset, &field.dims, each) else { continue };
            let parts = if field.record.is_some() { 1 } else { each };
            for part in 0..parts {
                child.fill_mask(&mut dest.record_part(part, parts))?;
            }
        }
        Ok(())
    }
}
