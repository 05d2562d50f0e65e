//! What a plan says of the way to the result: view or copy, why, how many bytes.

use super::{Note, Plan, Reason, Transfer};
use crate::error::{Error, Result};
use crate::options::Options;

impl Plan {
    /// Whether values are copied; `None` where that depends on the data and only the schema is known. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int32Array;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::{DType, Options, plan};
    /// let array = Int32Array::from(vec![1, 2]);
    /// assert_eq!(plan(&array, &Options::new())?.plan().copies(), Some(false));
    /// let floats = Options::new().dtype(DType::Float32);
    /// assert_eq!(plan(&array, &floats)?.plan().copies(), Some(true));
    /// // Values may be missing in the data, or lie in several chunks.
    /// let field = Field::new("", DataType::Int32, true);
    /// assert_eq!(plan(&field, &Options::new())?.plan().copies(), None);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn copies(&self) -> Option<bool> {
        match self.transfer {
            Transfer::Copy(_) => Some(true),
            Transfer::View if self.rows.is_none() => None,
            Transfer::View => Some(false),
        }
    }

    /// View or copy. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::UInt8Array;
    /// # use arrownd::{DType, Options, Reason, Transfer, plan};
    /// let array = UInt8Array::from(vec![1, 2]);
    /// let conversion = plan(&array, &Options::new().dtype(DType::Int16))?;
    /// match conversion.plan().transfer() {
    ///     Transfer::Copy(reasons) => assert!(matches!(reasons[..], [Reason::Cast { asked: true, .. }])),
    ///     Transfer::View => unreachable!(),
    /// }
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// Why values are copied, empty for a view. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ArrayRef, Float64Array};
    /// # use arrownd::{Options, Reason, plan};
    /// # use std::sync::Arc;
    /// let chunk = |values: Vec<Option<f64>>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
    /// let chunks = [chunk(vec![Some(0.5), None]), chunk(vec![Some(1.5)])];
    /// let conversion = plan(&chunks[..], &Options::new())?;
    /// let codes: Vec<_> = conversion.plan().reasons().iter().map(Reason::code).collect();
    /// assert_eq!(codes, ["chunked", "nulls"]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match &self.transfer {
            Transfer::Copy(reasons) => reasons,
            Transfer::View => &[],
        }
    }

    /// Bytes that are allocated for values and masks; `None` where only the schema is known. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::BooleanArray;
    /// # use arrownd::{DType, Options, plan};
    /// let bits = BooleanArray::from(vec![true; 1000]);
    /// let conversion = plan(&bits, &Options::new().dtype(DType::Float64))?;
    /// assert_eq!(conversion.plan().nbytes(), Some(8000));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn nbytes(&self) -> Option<usize> {
        self.nbytes
    }

    /// Whether a mask is made: something is missing and `nulls` is masked. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{Nulls, Options, plan};
    /// let options = Options::new().nulls(Nulls::Mask);
    /// let (gaps, whole) = (Int8Array::from(vec![Some(1), None]), Int8Array::from(vec![1, 2]));
    /// assert!(plan(&gaps, &options)?.plan().masked());
    /// assert!(!plan(&whole, &options)?.plan().masked());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn masked(&self) -> bool {
        self.masked
    }

    /// What else the caller should know. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::TimestampMicrosecondArray;
    /// # use arrownd::{Note, Options, plan};
    /// let array = TimestampMicrosecondArray::from(vec![0]).with_timezone("Asia/Tokyo");
    /// let conversion = plan(&array, &Options::new())?;
    /// assert!(matches!(conversion.plan().notes(), [Note::TimeZone(zone)] if zone == "Asia/Tokyo"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Refuses what `allow_copy = false` forbids. *O(fields)*.
    ///
    /// # Errors
    /// [`Error::CopyNotAllowed`] with this plan's reasons.
    ///
    /// ```
    /// # use arrow_array::BooleanArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::ErrorKind;
    /// # use arrownd::engine::{Column, Facts, Options, chunk_of, plan};
    /// # let array = BooleanArray::from(vec![true]);
    /// # let field = Field::new("", DataType::Boolean, true);
    /// # let chunks = [chunk_of(&array)];
    /// let options = Options { allow_copy: false, ..Options::default() };
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
    /// // It can be shown, and not carried out.
    /// assert!(plan.to_string().starts_with("bool -> bool (1,): copy"));
    /// let refused = plan.check_copies(&options).unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::CopyNotAllowed);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn check_copies(&self, options: &Options) -> Result<()> {
        if options.allow_copy || self.copies() != Some(true) {
            return Ok(());
        }
        let mut culprit = self;
        // A column that is copied only because another one is, or lies apart, is no culprit.
        let by_itself =
            |child: &&Self| child.reasons().iter().any(|reason| !matches!(reason, Reason::Order { .. }));
        while let Some(child) = culprit.children.iter().find(by_itself) {
            culprit = child;
        }
        Err(Error::CopyNotAllowed { path: culprit.path.clone(), reasons: self.reasons().to_vec() })
    }
}
