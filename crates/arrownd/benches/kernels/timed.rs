//! What is timed: conversions into memory that is there already, and copies into it.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_schema::Field;
use arrownd::engine::dense::{self, ArrowMemory, Input, Made, Memory, Room};
use arrownd::engine::{Chunk, Column, Dest, Options, Planned, Step, chunk_of};
use arrownd::{Order, Result};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};

/// Memory that every caller may use: aligned, and touched once.
fn touched(bytes: usize) -> Vec<MaybeUninit<u8>> {
    vec![MaybeUninit::new(1); bytes + 64]
}

/// The yardstick: copies `bytes` bytes.
pub(crate) fn copy(bencher: Bencher<'_, '_>, bytes: usize) {
    // Zeros would be pages that the first copy has to make.
    let (from, mut to) = (vec![1u8; bytes], vec![2u8; bytes]);
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| black_box(&mut to).copy_from_slice(black_box(&from)));
}

/// What one conversion needs.
struct Source<'a> {
    field: Field,
    chunks: Vec<Chunk<'a>>,
    options: &'a Options,
}

impl<'a> Source<'a> {
    fn new(arrays: &'a [ArrayRef], options: &'a Options) -> Self {
        let field = Field::new("", arrays[0].data_type().clone(), true);
        Self { field, chunks: arrays.iter().map(|array| chunk_of(array)).collect(), options }
    }

    fn planned<T>(&self, then: impl FnOnce(Planned<'_>) -> Result<T>) -> T {
        let column = Column::new(&self.field, &self.chunks, self.options).expect("no extension");
        let planned = Planned::new(&column, self.options, &[]).expect("a plan");
        then(planned).expect("values that fit")
    }
}

/// Times the conversion of some chunks.
pub(crate) fn chunks_to_dense(bencher: Bencher<'_, '_>, arrays: &[ArrayRef], options: &Options) {
    let source = Source::new(arrays, options);
    let (shape, itemsize, strides) = source.planned(|planned| {
        let plan = planned.plan();
        assert_eq!(plan.copies(), Some(true), "a view has no kernel: {plan}");
        let shape: Vec<usize> = plan.shape().expect("one array").into_iter().flatten().collect();
        let itemsize = plan.dtype().expect("one array").itemsize();
        let is_f = matches!(plan.step(), Step::Matrix { order: Order::F, .. });
        Ok((shape.clone(), itemsize, strides(&shape, itemsize, is_f)))
    });
    let bytes = shape.iter().product::<usize>() * itemsize;
    let mut memory = touched(bytes);
    let mut dest = dest(&mut memory, &shape, &strides, itemsize);
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| source.planned(|planned| planned.task().fill_values(black_box(&mut dest))));
}

/// Times the conversion of an array.
pub(crate) fn to_dense(bencher: Bencher<'_, '_>, array: ArrayRef, options: &Options) {
    chunks_to_dense(bencher, &[array], options);
}

/// Times the mask of an array.
pub(crate) fn mask(bencher: Bencher<'_, '_>, array: ArrayRef, options: &Options) {
    let arrays = [array];
    let source = Source::new(&arrays, options);
    let shape: Vec<usize> = source.planned(|planned| {
        assert!(planned.plan().masked(), "nothing is masked: {}", planned.plan());
        Ok(planned.plan().shape().into_iter().flatten().flatten().collect())
    });
    let bytes = shape.iter().product();
    let mut memory = touched(bytes);
    let mut dest = dest(&mut memory, &shape, &strides(&shape, 1, false), 1);
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| source.planned(|planned| planned.task().fill_mask(black_box(&mut dest))));
}

/// Times what finds out whether an array can be viewed; it must be one that can.
pub(crate) fn look(bencher: Bencher<'_, '_>, array: ArrayRef, options: &Options) {
    let arrays = [array];
    let source = Source::new(&arrays, options);
    source.planned(|planned| {
        assert_eq!(planned.plan().copies(), Some(false), "{}", planned.plan());
        Ok(())
    });
    bencher.bench_local(|| source.planned(|planned| Ok(planned.task().view().map(|view| view.ptr))));
}

fn strides(shape: &[usize], itemsize: usize, is_f: bool) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize;
    let axes: Vec<usize> = if is_f { (0..shape.len()).collect() } else { (0..shape.len()).rev().collect() };
    for axis in axes {
        strides[axis] = step as isize;
        step *= shape[axis];
    }
    strides
}

fn dest<'m>(
    memory: &'m mut [MaybeUninit<u8>],
    shape: &[usize],
    strides: &[isize],
    itemsize: usize,
) -> Dest<'m> {
    let spare = memory.as_ptr().align_offset(64);
    let ptr = NonNull::from(&mut memory[spare..]).cast();
    // SAFETY: `touched` has 64 bytes more than the array of this shape, whose strides leave no gaps.
    unsafe { Dest::from_raw(ptr, shape, strides, itemsize) }
}

/// Memory that is handed out again from the beginning for each conversion.
struct Reused {
    start: NonNull<u8>,
    bytes: usize,
    used: usize,
    owner: Arc<Vec<MaybeUninit<u8>>>,
}

// SAFETY: the memory is only reached through the rooms, and one conversion runs at a time.
unsafe impl Send for Reused {}

impl Reused {
    fn new(bytes: usize) -> Self {
        let mut memory = touched(bytes);
        let spare = memory.as_ptr().align_offset(64);
        let start = NonNull::from(&mut memory[spare..]).cast();
        Self { start, bytes, used: 0, owner: Arc::new(memory) }
    }
}

impl Memory for Reused {
    fn allocate(&mut self, bytes: usize) -> Result<Room> {
        assert!(self.used + bytes <= self.bytes, "as much as the first conversion took");
        // SAFETY: within the memory.
        let ptr = unsafe { self.start.byte_add(self.used) };
        self.used += bytes.next_multiple_of(64);
        // SAFETY: rooms don't overlap until `used` is 0 again, and by then `to_arrow` has dropped the result.
        Ok(unsafe { Room::given(ptr, bytes, Arc::clone(&self.owner) as _) })
    }
}

/// How much a conversion takes.
struct Counted(usize);

impl Memory for Counted {
    fn allocate(&mut self, bytes: usize) -> Result<Room> {
        self.0 += bytes.next_multiple_of(64);
        ArrowMemory.allocate(bytes)
    }
}

/// Times what makes Arrow data.
pub(crate) fn made(bencher: Bencher<'_, '_>, mut make: impl FnMut(&mut dyn Memory) -> Result<Made>) {
    let mut counted = Counted(0);
    let bytes = make(&mut counted).expect("values that fit").data.get_slice_memory_size().expect("a size");
    assert!(counted.0 > 0, "shared memory has no kernel");
    let mut memory = Reused::new(counted.0);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        memory.used = 0;
        drop(black_box(make(&mut memory).expect("values that fit")));
    });
}

/// Times the conversion of dense arrays.
pub(crate) fn to_arrow(bencher: Bencher<'_, '_>, input: &Input, options: &dense::Options) {
    made(bencher, |memory| dense::execute(&dense::plan(input, options)?, input, memory));
}
