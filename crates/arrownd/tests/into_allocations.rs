//! What arrays allocate on their way to Arrow: nothing that grows where they move, the result's buffers alone where they
//! are copied.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

mod counting;

use arrownd::{ArrowOptions, IntoArrow};
use counting::during;
use ndarray::{ArcArray, Array1, Array2, Array3, ArrayBase, Data, Dimension, ShapeBuilder, s};

/// What plans, fields and `Arc`s may take, whatever the length.
const CONSTANT: usize = 8 << 10;
/// The block of values that don't lie in a row, which bits are made of.
const BLOCK: usize = 16 << 10;

/// What `make` asks for: all bytes, and those in large pieces.
fn asked<R>(make: impl FnOnce() -> R) -> (usize, usize) {
    let (_made, asked) = during(make);
    (asked.bytes, asked.large)
}

#[test]
fn the_counter_counts() {
    assert_eq!(asked(|| vec![1u8; 12_345]), (12_345, 12_345));
    assert_eq!(asked(|| vec![1u8; 12]), (12, 0));
}

/// The same bytes for every length, and no large piece.
fn moves<A: IntoArrow>(of: impl Fn(usize) -> A) {
    // The field of what is in lists is made once for each type.
    of(1).into_arrow().expect("converted");
    let bytes = [1, 1000, 1_000_000].map(|n| {
        let array = of(n);
        let (sum, large) = asked(|| array.into_arrow().expect("converted"));
        assert!(large == 0 && sum <= CONSTANT, "{sum} bytes for {n}");
        sum
    });
    assert_eq!((bytes[0], bytes[1]), (bytes[1], bytes[2]));
}

#[test]
fn what_moves_allocates_the_same_whatever_its_length() {
    moves(Array1::<f64>::zeros);
    moves(|n| Array2::<i32>::zeros((n, 3)));
    moves(|n| Array3::<u8>::zeros((n, 2, 2)));
    moves(|n| Array1::<u16>::zeros(n + 10).slice_move(s![4..n + 4]));
    moves(ArcArray::<f32, ndarray::Ix1>::zeros);
    moves(|n| (Array1::<f64>::zeros(n), Array1::from_elem(n, false)));
}

#[test]
fn tensors_and_columns_move_too() {
    let options = ArrowOptions::new().tensor();
    let tensors = |n| {
        let images = Array3::<u8>::zeros((n, 4, 3)).permuted_axes([0, 2, 1]);
        asked(|| images.into_arrow_with(&options).expect("converted"))
    };
    assert_eq!(tensors(1000), tensors(100_000));
    assert_eq!(tensors(1000).1, 0);
    let columns = |n| {
        let matrix = Array2::<f64>::zeros((n, 3).f());
        asked(|| matrix.into_record_batch(["a", "b", "c"]).expect("converted"))
    };
    assert_eq!(columns(1000), columns(100_000));
    assert_eq!(columns(1000).1, 0);
}

const N: usize = 100_000;

/// Buffers of so many bytes, which are rounded up to 64, and the constant.
fn allocates<R>(buffers: &[usize], block: usize, make: impl FnOnce() -> R) {
    let (sum, large) = asked(make);
    let rounded: usize = buffers.iter().map(|bytes| bytes.next_multiple_of(64)).sum();
    let exact = buffers.iter().sum()..=rounded + block;
    assert!(exact.contains(&large), "{large} bytes in large pieces, not {exact:?}");
    assert!(sum - large <= CONSTANT, "{} beside the result", sum - large);
}

fn copies<S: Data<Elem = f64>, D: Dimension>(array: &ArrayBase<S, D>) {
    allocates(&[8 * array.len()], 0, || array.into_arrow().expect("converted"));
}

#[test]
fn a_copy_allocates_its_result() {
    let matrix = Array2::<f64>::zeros((N, 3));
    copies(&matrix);
    copies(&matrix.t());
    copies(&matrix.slice(s![..;2, ..;-1]));
    copies(&Array2::<f64>::zeros((N, 3).f()));
    let fortran = Array2::<f64>::zeros((N, 3).f());
    allocates(&[24 * N], 0, || fortran.into_arrow().expect("converted"));
}

#[test]
fn bits_allocate_their_result() {
    let mask = Array1::from_shape_fn(N, |i| i % 5 == 0);
    allocates(&[N / 8], 0, || mask.view().into_arrow().expect("converted"));
    let values = Array1::<f64>::zeros(N);
    allocates(&[N / 8], 0, || (values, &mask).into_arrow().expect("converted"));
    let owned = mask.clone();
    allocates(&[N / 8], 0, || owned.into_arrow().expect("converted"));
    let stepped = mask.slice(s![..;2]);
    allocates(&[N / 16], BLOCK, || stepped.into_arrow().expect("converted"));
}

#[test]
fn options_allocate_values_and_bits() {
    let options = Array1::from_shape_fn(N, |i| (i % 7 != 0).then_some(i as f32));
    allocates(&[4 * N, N / 8], 0, || options.view().into_arrow().expect("converted"));
    let all = Array1::from_elem(N, Some(1u16));
    allocates(&[2 * N], 0, || all.view().into_arrow().expect("converted"));
    let bools = Array1::from_shape_fn(N, |i| (i % 7 != 0).then_some(true));
    allocates(&[N / 8, N / 8], 0, || bools.into_arrow().expect("converted"));
}
