//! Nothing: the benchmark is all there is (`make compare-rust`).
