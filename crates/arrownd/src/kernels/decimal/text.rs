//! The digits of a decimal, on the stack.

use std::cmp::Ordering;
use std::fmt;

use zerocopy::FromBytes;

/// What fits a word in digits, and the power of ten that it doesn't.
const WORD_DIGITS: usize = 19;
const WORD_POWER: u64 = 10u64.pow(19);
/// Five words of digits: 256 bits have 78.
const MOST_DIGITS: usize = 5 * WORD_DIGITS;

/// A sign and 256 bits, the lowest word first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Magnitude {
    pub(super) negative: bool,
    words: [u64; 4],
}

impl Magnitude {
    /// Of a two's complement of 4, 8, 16 or 32 bytes; 0 of any other length.
    pub(super) fn of(bytes: &[u8]) -> Self {
        fn read<const N: usize>(bytes: &[u8]) -> [u8; N] {
            bytes.try_into().unwrap_or([0; N])
        }
        let value = match bytes.len() {
            4 => i128::from(i32::from_ne_bytes(read(bytes))),
            8 => i128::from(i64::from_ne_bytes(read(bytes))),
            16 => i128::from_ne_bytes(read(bytes)),
            _ => {
                let mut words = <[u64; 4]>::read_from_bytes(bytes).unwrap_or_default();
                if cfg!(target_endian = "big") {
                    words.reverse();
                }
                let negative = words[3] >> 63 == 1;
                if negative {
                    negate(&mut words);
                }
                return Self { negative, words };
            }
        };
        let size = value.unsigned_abs();
        Self { negative: value < 0, words: [size as u64, (size >> 64) as u64, 0, 0] }
    }

    /// With the sign, cut to 128 bits, and whether that is all.
    pub(super) fn to_i128(self) -> (i128, bool) {
        let [low, second, third, high] = self.words;
        let size = u128::from(second) << 64 | u128::from(low);
        let value = if self.negative { size.wrapping_neg() } else { size } as i128;
        (value, third | high == 0 && (value < 0) == (self.negative && size != 0))
    }

    /// Divides; returns the remainder.
    pub(super) fn divide(&mut self, by: u64) -> u64 {
        let mut rest = 0;
        for word in self.words.iter_mut().rev() {
            if rest == 0 {
                (*word, rest) = (*word / by, *word % by);
            } else {
                let value = u128::from(rest) << 64 | u128::from(*word);
                *word = (value / u128::from(by)) as u64;
                rest = (value % u128::from(by)) as u64;
            }
        }
        rest
    }

    /// Multiplies; returns what went beyond 256 bits.
    pub(super) fn multiply(&mut self, by: u64) -> u64 {
        let mut carry = 0;
        for word in &mut self.words {
            let value = u128::from(*word) * u128::from(by) + u128::from(carry);
            (*word, carry) = (value as u64, (value >> 64) as u64);
        }
        carry
    }

    fn is_small(&self) -> bool {
        matches!(self.words, [_, 0, 0, 0])
    }
}

fn negate(words: &mut [u64; 4]) {
    let mut carry = true;
    for word in words {
        (*word, carry) = (!*word).overflowing_add(u64::from(carry));
    }
}

/// A decimal as text, exactly: Python's `str(Decimal)` as [`Display`](fmt::Display), and
/// [`DecimalText::scientific`] for parsers.
///
/// ```
/// use arrownd::engine::DecimalText;
///
/// let cents = DecimalText::of(&(-1205i128).to_ne_bytes(), 2);
/// assert_eq!(cents.to_string(), "-12.05");
/// assert_eq!(cents.scientific(), "-1205E-2");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct DecimalText {
    /// `-`, the digits of the integer, `E` and the exponent, at the end.
    text: [u8; SIZE],
    start: usize,
    /// Where the digits end.
    end: usize,
    exponent: i32,
}

/// A sign, the digits, `E-128`.
const SIZE: usize = 1 + MOST_DIGITS + 5;

impl DecimalText {
    /// The decimal of an integer in two's complement (4, 8, 16 or 32 bytes in native order) over ten
    /// to the power of `scale`. *O(1)*, allocates nothing.
    ///
    /// ```
    /// use arrownd::engine::DecimalText;
    ///
    /// // A decimal32 of scale 3.
    /// assert_eq!(DecimalText::of(&12_500i32.to_ne_bytes(), 3).to_string(), "12.500");
    /// // A negative scale counts zeros.
    /// assert_eq!(DecimalText::of(&7i64.to_ne_bytes(), -2).to_string(), "7E+2");
    /// ```
    #[must_use]
    pub fn of(unscaled: &[u8], scale: i8) -> Self {
        Self::new(&Magnitude::of(unscaled), i32::from(scale))
    }

    pub(super) fn new(magnitude: &Magnitude, scale: i32) -> Self {
        let mut this = Self { text: [b'0'; SIZE], start: SIZE, end: SIZE, exponent: -scale };
        if this.exponent != 0 {
            this.write_word(this.exponent.unsigned_abs().into());
            if this.exponent < 0 {
                this.put(b'-');
            }
            this.put(b'E');
            this.end = this.start;
        }
        let mut rest = *magnitude;
        while !rest.is_small() {
            let end = this.start - WORD_DIGITS;
            let word = rest.divide(WORD_POWER);
            this.write_word(word);
            this.start = end; // the zeros between are there already
        }
        let [word, ..] = rest.words;
        this.write_word(word);
        if this.start == this.end {
            this.start -= 1; // zero has one digit
        }
        if magnitude.negative {
            this.put(b'-');
        }
        this
    }

    fn put(&mut self, byte: u8) {
        self.start -= 1;
        if let Some(to) = self.text.get_mut(self.start) {
            *to = byte;
        }
    }

    fn write_word(&mut self, mut word: u64) {
        while word != 0 {
            self.put(b'0' + (word % 10) as u8);
            word /= 10;
        }
    }

    /// The integer's digits and the exponent, as in `-150E-2`: what Rust and Python parse. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::DecimalText;
    ///
    /// let price = DecimalText::of(&(-150i64).to_ne_bytes(), 2);
    /// assert_eq!(price.scientific(), "-150E-2");
    /// assert_eq!(price.scientific().parse(), Ok(-1.5));
    /// ```
    #[must_use]
    pub fn scientific(&self) -> &str {
        std::str::from_utf8(self.text.get(self.start..).unwrap_or_default()).unwrap_or_default()
    }

    /// Sign and digits apart.
    fn parts(&self) -> (&str, &str) {
        let all = self.scientific();
        let all = all.get(..self.end - self.start).unwrap_or_default();
        all.strip_prefix('-').map_or(("", all), |digits| ("-", digits))
    }

    /// Compares without the sign.
    pub(super) fn cmp_magnitude(&self, other: &Self) -> Ordering {
        let ((_, a), (_, b)) = (self.parts(), other.parts());
        match (a, b) {
            ("0", "0") => return Ordering::Equal,
            ("0", _) => return Ordering::Less,
            (_, "0") => return Ordering::Greater,
            _ => {}
        }
        let top = |digits: &str, exponent: i32| digits.len() as i32 + exponent;
        let padded = |digits: &'_ str| -> [u8; MOST_DIGITS] {
            let mut padded = [b'0'; MOST_DIGITS];
            for (to, digit) in padded.iter_mut().zip(digits.bytes()) {
                *to = digit;
            }
            padded
        };
        top(a, self.exponent).cmp(&top(b, other.exponent)).then_with(|| padded(a).cmp(&padded(b)))
    }
}

impl fmt::Display for DecimalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, digits) = self.parts();
        let point = digits.len() as i32 + self.exponent;
        f.write_str(sign)?;
        if self.exponent == 0 {
            return f.write_str(digits);
        }
        let (at, exponent) = if self.exponent < 0 && point > -6 { (point, 0) } else { (1, point - 1) };
        match usize::try_from(at) {
            Ok(at) if at > 0 => {
                let (whole, fraction) = digits.split_at_checked(at).unwrap_or((digits, ""));
                f.write_str(whole)?;
                if !fraction.is_empty() {
                    write!(f, ".{fraction}")?;
                }
            }
            _ => write!(f, "0.{:0>1$}", digits, digits.len() + at.unsigned_abs() as usize)?,
        }
        if exponent == 0 { Ok(()) } else { write!(f, "E{exponent:+}") }
    }
}
