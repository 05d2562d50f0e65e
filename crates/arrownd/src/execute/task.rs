//! What a task says of itself, and its parts.

use super::{Task, ViewOf, view};
use crate::dtype::DType;
use crate::plan::{Plan, Step};
use crate::source::{Column, Hop, Leaf, Node, Part, RowValues};

impl<'s> Task<'s> {
    /// The plan. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Options, Planned, chunk_of};
    /// # use arrownd::DType;
    /// let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// assert_eq!(planned.task().plan().dtype(), Some(DType::Object));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn plan(&self) -> &'s Plan {
        self.plan
    }

    /// The tasks of the fields. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{Float32Array, Int8Array, RecordBatch, StructArray};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Form, Options, Planned, chunk_of};
    /// # use std::sync::Arc;
    /// # let wind = Arc::new(Float32Array::from(vec![3.5, 0.0])) as _;
    /// # let rain = Arc::new(Int8Array::from(vec![Some(2), None])) as _;
    /// # let array = StructArray::from(RecordBatch::try_from_iter([("wind", wind), ("rain", rain)]).unwrap());
    /// # let field = Field::new("", DataType::Struct(array.fields().clone()), false);
    /// let options = Options { form: Form::Columns, ..Options::default() };
    /// # let chunks = [chunk_of(&array)];
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// // One array a field: some are viewed, the others are filled.
    /// let viewed = planned.task().children().map(|field| (field.plan().name(), field.view().is_some()));
    /// assert_eq!(viewed.collect::<Vec<_>>(), [(Some("wind"), true), (Some("rain"), false)]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn children(&self) -> impl Iterator<Item = Task<'s>> + use<'s> {
        let columns: &[Column<'s>] = match &self.column.node {
            Node::Struct { columns, .. } => columns,
            Node::Leaf(Leaf { rows: Some(rows), .. }) => std::slice::from_ref(&rows.values),
            Node::Leaf(_) => &[],
        };
        self.plan.children.iter().zip(columns).map(|(plan, column)| Task { plan, column })
    }

    /// The lists that become arrays of their own, and which of them are there; `None` where the task has
    /// none. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int32Type};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Lists, Options, Planned, chunk_of};
    /// let lists = [Some(vec![Some(1), Some(2)]), None, Some(vec![Some(3)])];
    /// let array = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
    /// # let field = Field::new_list("", Field::new("item", DataType::Int32, true), true);
    /// let options = Options { lists: Some(Lists::Object), ..Options::default() };
    /// # let chunks = [chunk_of(&array)];
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// let (rows, parts) = planned.task().rows().unwrap();
    /// // The third list is the second one that is there; its values are those from 2 on.
    /// let third = parts[0].index(2).map(|row| rows.bounds.get(row));
    /// assert_eq!((third, parts[0].index(1)), (Some((2, 3)), None));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn rows(&self) -> Option<(&'s RowValues<'s>, &'s [Part<'s>])> {
        match &self.column.node {
            Node::Leaf(Leaf { rows: Some(rows), parts, .. }) => Some((rows, parts)),
            _ => None,
        }
    }

    /// Which child of the imported array this is; empty for the array itself. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{Float32Array, Int8Array, RecordBatch, StructArray};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Form, Options, Planned, chunk_of};
    /// # use std::sync::Arc;
    /// # let wind = Arc::new(Float32Array::from(vec![3.5, 0.0])) as _;
    /// # let rain = Arc::new(Int8Array::from(vec![Some(2), None])) as _;
    /// # let array = StructArray::from(RecordBatch::try_from_iter([("wind", wind), ("rain", rain)]).unwrap());
    /// # let field = Field::new("", DataType::Struct(array.fields().clone()), false);
    /// let options = Options { form: Form::Columns, ..Options::default() };
    /// # let chunks = [chunk_of(&array)];
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// // Whoever hands out views of the columns keeps these children of the array alive.
    /// let routes: Vec<_> = planned.task().children().map(|field| field.route()).collect();
    /// assert_eq!(routes, [[0], [1]]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn route(&self) -> &'s [usize] {
        &self.column.route
    }

    /// The result where it is a view; `None` where the plan copies, or there is nothing to view.
    /// *O(dimensions), shares memory*.
    ///
    /// ```
    /// # use arrow_array::Int32Array;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Options, Planned, chunk_of};
    /// let array = Int32Array::from(vec![1, 2, 3]);
    /// # let field = Field::new("", DataType::Int32, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// let view = planned.task().view().unwrap();
    /// // Three values, four bytes apart, where the producer keeps them.
    /// assert_eq!((view.ptr, view.rows), (array.values().as_ptr().cast(), (3, 4)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn view(&self) -> Option<ViewOf<'s>> {
        view::view(self.plan, self.column)
    }

    /// Whether any of the memory between two addresses is read by this task. *O(buffers)*.
    ///
    /// ```
    /// # use arrow_array::Int32Array;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Options, Planned, chunk_of};
    /// let array = Int32Array::from(vec![1, 2, 3]);
    /// # let field = Field::new("", DataType::Int32, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// // What is written to mustn't be read as well.
    /// let extent = |out: &[i32]| (out.as_ptr().addr(), out.as_ptr().addr() + size_of_val(out));
    /// let (low, high) = extent(&[0; 3]);
    /// assert!(!planned.task().reads(low, high));
    /// let (low, high) = extent(&array.values()[2..]);
    /// assert!(planned.task().reads(low, high));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn reads(&self, low: usize, high: usize) -> bool {
        fn meets(bytes: &[u8], low: usize, high: usize) -> bool {
            let start = bytes.as_ptr().addr();
            start < high && low < start + bytes.len()
        }
        fn column(task: &Column<'_>, low: usize, high: usize) -> bool {
            match &task.node {
                Node::Struct { columns, .. } => columns.iter().any(|child| column(child, low, high)),
                Node::Leaf(leaf) => {
                    let values = leaf.rows.as_ref().is_some_and(|rows| column(&rows.values, low, high));
                    values
                        || leaf.parts.iter().any(|part| {
                            part.validity.bytes().any(|bytes| meets(bytes, low, high))
                                || part.data.buffers().iter().any(|bytes| meets(bytes, low, high))
                                || part.hops.iter().flat_map(Hop::bytes).any(|bytes| meets(bytes, low, high))
                        })
                }
            }
        }
        column(self.column, low, high)
    }

    /// Whether some of the result are Python objects, and whether some aren't. *O(fields)*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Options, Planned, chunk_of};
    /// let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// // All of it is left to `Task::objects`, nothing to `Task::fill_values`.
    /// assert_eq!(planned.task().makes(), (true, false));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn makes(&self) -> (bool, bool) {
        match (&self.plan.step, self.plan.dtype) {
            (Step::Records(_), _) => self.children().fold((false, false), |(objects, values), child| {
                let own = child.makes();
                (objects | own.0, values | own.1)
            }),
            (_, dtype) => (dtype == Some(DType::Object), dtype.is_some_and(|dtype| dtype != DType::Object)),
        }
    }

    /// Whether one object may stand in many places of the result: an array of one dimension of the values of a dictionary
    /// or of runs, which [`Task::objects`] visits in order. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Column, Options, Planned, chunk_of};
    /// let array: DictionaryArray<Int8Type> = ["red", "blue", "red"].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// assert!(planned.task().shares_objects());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn shares_objects(&self) -> bool {
        match (&self.plan.step, &self.column.node) {
            (Step::Leaf(step), Node::Leaf(leaf)) => {
                self.plan.dtype == Some(DType::Object) && step.dims.is_empty() && leaf.way.repeats()
            }
            _ => false,
        }
    }
}
