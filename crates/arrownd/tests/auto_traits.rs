//! What is read from several threads, and what errors and plans are good for. A type that loses a trait doesn't compile.

use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::hash::Hash;

use arrownd::engine;
use arrownd::{
    Conversion, DType, Error, ErrorKind, Fill, Item, ListOffsets, Masked, Note, Nulls, Options, Order,
    Padded, Plan, Ragged, Reason, Resolution, Source, StreamError, Transfer, Unit,
};
use half::f16;
use ndarray::IxDyn;

fn shared<T: Send + Sync>() {}
fn value<T: Send + Sync + Clone + Debug + PartialEq + 'static>() {}
fn key<T: Copy + Eq + Hash>() {}

#[test]
fn values_are_values() {
    value::<DType>();
    value::<Error>();
    value::<ErrorKind>();
    value::<Fill>();
    value::<Note>();
    value::<Nulls>();
    value::<Options>();
    value::<Order>();
    value::<Plan>();
    value::<Reason>();
    value::<Resolution>();
    value::<StreamError>();
    value::<Transfer>();
    value::<Unit>();
    value::<engine::Options>();
    value::<engine::Selection>();
    value::<engine::Step>();
    key::<DType>();
    key::<ErrorKind>();
    key::<Order>();
    key::<Resolution>();
    key::<Unit>();
    key::<engine::Element>();
    key::<engine::Op>();
    key::<engine::RowId>();
}

#[test]
fn errors_are_errors() {
    fn error<T: StdError + Display>() {}
    error::<Error>();
    error::<StreamError>();
    let boxed: Box<dyn StdError + Send + Sync> = Error::Conflict("pass one of the two".to_owned()).into();
    assert_eq!(boxed.to_string(), "pass one of the two");
}

#[test]
fn what_borrows_is_read_from_several_threads() {
    fn each<T: Item>() {
        shared::<Masked<'_, T, IxDyn>>();
        shared::<Padded<'_, T>>();
        shared::<Ragged<'_, T>>();
    }
    each::<f16>();
    each::<i64>();
    shared::<Conversion<'_>>();
    shared::<ListOffsets<'_>>();
    shared::<Source<'_>>();
    shared::<engine::Chunk<'_>>();
    shared::<engine::Codes<'_>>();
    shared::<engine::Column<'_>>();
    shared::<engine::Facts<'_>>();
    shared::<engine::Planned<'_>>();
    shared::<engine::Task<'_>>();
    shared::<engine::dense::Dense>();
    shared::<engine::dense::Made>();
}
