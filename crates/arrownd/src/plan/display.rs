//! The plan as text and as HTML.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use arrow_schema::DataType;

use super::reason::thousands;
use super::{Note, Plan, Reason, Step, Transfer};
use crate::dtype::DType;

/// Arrow's name of a type, short enough for a table: nested fields by their types alone.
pub(crate) fn short_type(data_type: &DataType) -> String {
    use DataType as T;
    match data_type {
        T::Null => "null".to_owned(),
        T::Boolean => "bool".to_owned(),
        T::Timestamp(unit, None) => {
            format!("timestamp[{}]", crate::dtype::Unit::from(*unit).code())
        }
        T::Timestamp(unit, Some(zone)) => {
            format!("timestamp[{}, {zone}]", crate::dtype::Unit::from(*unit).code())
        }
        T::Duration(unit) => format!("duration[{}]", crate::dtype::Unit::from(*unit).code()),
        T::Time32(unit) => format!("time32[{}]", crate::dtype::Unit::from(*unit).code()),
        T::Time64(unit) => format!("time64[{}]", crate::dtype::Unit::from(*unit).code()),
        T::Interval(unit) => match unit {
            arrow_schema::IntervalUnit::YearMonth => "interval[year_month]".to_owned(),
            arrow_schema::IntervalUnit::DayTime => "interval[day_time]".to_owned(),
            arrow_schema::IntervalUnit::MonthDayNano => "interval[month_day_nano]".to_owned(),
        },
        T::FixedSizeBinary(n) => format!("fixed_size_binary[{n}]"),
        T::LargeBinary => "large_binary".to_owned(),
        T::BinaryView => "binary_view".to_owned(),
        T::LargeUtf8 => "large_utf8".to_owned(),
        T::Utf8View => "utf8_view".to_owned(),
        T::Decimal32(p, s) => format!("decimal32({p}, {s})"),
        T::Decimal64(p, s) => format!("decimal64({p}, {s})"),
        T::Decimal128(p, s) => format!("decimal128({p}, {s})"),
        T::Decimal256(p, s) => format!("decimal256({p}, {s})"),
        T::List(f) => format!("list[{}]", short_type(f.data_type())),
        T::LargeList(f) => format!("large_list[{}]", short_type(f.data_type())),
        T::ListView(f) => format!("list_view[{}]", short_type(f.data_type())),
        T::LargeListView(f) => format!("large_list_view[{}]", short_type(f.data_type())),
        T::FixedSizeList(f, n) => format!("fixed_size_list[{}, {n}]", short_type(f.data_type())),
        T::Struct(fields) => {
            format!("struct of {} field{}", fields.len(), if fields.len() == 1 { "" } else { "s" })
        }
        T::Map(..) => "map".to_owned(),
        T::Dictionary(index, values) => {
            format!("dictionary[{}, {}]", short_type(index), short_type(values))
        }
        T::RunEndEncoded(_, values) => {
            format!("run_end_encoded[{}]", short_type(values.data_type()))
        }
        T::Union(_, mode) => match mode {
            arrow_schema::UnionMode::Sparse => "sparse_union".to_owned(),
            arrow_schema::UnionMode::Dense => "dense_union".to_owned(),
        },
        other => format!("{other:?}").to_lowercase(),
    }
}

/// Bytes as a person reads them.
fn human(bytes: usize) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 1000.0 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

impl Plan {
    fn target(&self) -> String {
        let Some(dtype) = self.dtype else {
            let n = self.children.len();
            return format!("{n} array{}", if n == 1 { "" } else { "s" });
        };
        let mut text = dtype.to_string();
        if let (None, Some(with_nulls)) = (self.rows, self.dtype_with_nulls)
            && with_nulls != dtype
        {
            let _ = write!(text, " ({with_nulls} with nulls)");
        }
        if self.masked {
            text.push_str(" + mask");
        }
        text
    }

    fn shape_text(&self) -> String {
        let Some(shape) = self.shape() else {
            return String::new();
        };
        let mut text = String::from("(");
        for (i, n) in shape.iter().enumerate() {
            if i > 0 {
                text.push_str(", ");
            }
            match n {
                Some(n) => {
                    let _ = write!(text, "{n}");
                }
                None => text.push('?'),
            }
        }
        if shape.len() == 1 {
            text.push(',');
        }
        text.push(')');
        text
    }

    fn verdict(&self) -> &'static str {
        match self.copies() {
            Some(true) => "copy",
            Some(false) => "view",
            None => "view if it can be",
        }
    }

    fn cost(&self) -> String {
        self.nbytes.filter(|n| *n > 0).map(human).unwrap_or_default()
    }

    /// Why, as a table has room for it: the sentences stand once below the table.
    fn why(&self) -> String {
        self.reasons().iter().map(Reason::label).collect::<Vec<_>>().join(", ")
    }

    /// The arrays' side: the dtype, or how many.
    fn arrays(&self) -> String {
        match self.dtype {
            Some(DType::Record(_)) => "records".to_owned(),
            Some(dtype) => dtype.to_string(),
            None => self.target(),
        }
    }

    fn headline(&self, words: Words) -> String {
        let shape = self.shape_text();
        if matches!(self.step, Step::ToArrow(_)) {
            let space = if shape.is_empty() { "" } else { " " };
            let (library, arrays) = (words("ndarray"), self.arrays());
            return self.judged(format!("{library} {arrays}{space}{shape} -> {}", self.source_name()));
        }
        let mut text = format!("{} -> {}", self.source_name(), self.target());
        if !shape.is_empty() {
            let _ = write!(text, " {shape}");
        } else if let Some(rows) = self.rows {
            let _ = write!(text, " of {} rows", thousands(rows));
        }
        self.judged(text)
    }

    /// With view or copy, and what it costs.
    fn judged(&self, mut text: String) -> String {
        let copied = self.children.iter().filter(|child| child.copies() == Some(true)).count();
        let apart = matches!(self.step, Step::Columns | Step::ToArrow(_));
        if apart && copied > 0 {
            let _ = write!(
                text,
                ": {copied} copied, {} viewed{}",
                self.children.len() - copied,
                if self.rows.is_none() { " if it can be" } else { "" }
            );
        } else {
            let _ = write!(text, ": {}", self.verdict());
        }
        let cost = self.cost();
        if !cost.is_empty() {
            let _ = write!(text, ", {cost} allocated");
        }
        text
    }

    fn columns(&self) -> [String; 6] {
        if matches!(self.step, Step::ToArrow(_)) {
            let shape =
                if self.trailing.is_empty() { String::new() } else { format!(" {}", self.shape_text()) };
            return [
                self.name.clone().unwrap_or_default(),
                format!("{}{shape}", self.arrays()),
                self.source_name(),
                self.verdict().to_owned(),
                self.cost(),
                self.why(),
            ];
        }
        [
            self.name.clone().unwrap_or_default(),
            self.source_name(),
            if self.trailing.is_empty() {
                self.target()
            } else {
                format!("{} {}", self.target(), self.shape_text())
            },
            self.verdict().to_owned(),
            self.cost(),
            self.why(),
        ]
    }

    /// The plan as an HTML table, for notebooks. *O(fields)*.
    ///
    /// ```
    /// # use arrow_array::Int32Array;
    /// # use arrownd::{Options, plan};
    /// let array = Int32Array::from(vec![Some(1), None]);
    /// let html = plan(&array, &Options::new())?.plan().to_html();
    /// assert!(html.contains("<code>int32 -&gt; float64 (2,): copy, 16 B allocated</code>"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        PlanDisplay::new(self, as_it_is).to_html()
    }

    /// Reasons with their remedies, then notes, each once.
    fn details(&self, words: Words) -> Vec<String> {
        let mut lines = Vec::new();
        if let Transfer::Copy(reasons) = &self.transfer {
            for reason in reasons {
                lines.push(format!("{}: {}", reason.code(), words(&reason.to_string())));
                lines.push(format!("  to view instead: {}", words(reason.remedy())));
            }
        }
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        // A mask shows in its column; a note of the whole isn't said again for its parts.
        for child in &self.children {
            let own = |note: &&Note| !matches!(note, Note::Mask { .. }) && !self.notes.contains(note);
            let name = child.name.as_deref().unwrap_or_default();
            lines.extend(child.notes.iter().filter(own).map(|note| format!("note: {name}: {note}")));
        }
        lines
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        PlanDisplay::new(self, as_it_is).fmt(f)
    }
}

/// Says one of the crate's texts in other words, or leaves it as it is.
///
/// ```
/// use arrownd::engine::Words;
///
/// let short: Words = |text| text.split(": ").last().unwrap_or(text).into();
/// assert_eq!(short("text has none: pass numbers"), "pass numbers");
/// ```
pub type Words = for<'t> fn(&'t str) -> Cow<'t, str>;

fn as_it_is(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// A plan in other words: a binding's, whose options aren't those of the crate.
///
/// Sentences and remedies of reasons go through [`Words`] one by one; what the data brings in doesn't.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::engine::PlanDisplay;
/// use arrownd::{Options, plan};
///
/// let array = Int32Array::from(vec![Some(1), None]);
/// let conversion = plan(&array, &Options::new())?;
/// let loud = PlanDisplay::new(conversion.plan(), |text| text.to_uppercase().into());
/// assert!(loud.to_string().ends_with("to view instead: PASS NULLS::MASK TO VIEW THE VALUES BESIDE A MASK"));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PlanDisplay<'p> {
    plan: &'p Plan,
    words: Words,
}

impl<'p> PlanDisplay<'p> {
    /// The plan, to be shown in these words. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int32Array;
    /// # use arrownd::{Options, engine::PlanDisplay, plan};
    /// let array = Int32Array::from(vec![Some(1), None]);
    /// let conversion = plan(&array, &Options::new())?;
    /// let python = PlanDisplay::new(conversion.plan(), |text| text.replace("Nulls::Mask", "nulls='masked'").into());
    /// assert!(python.to_string().contains("pass nulls='masked' to view the values beside a mask"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub const fn new(plan: &'p Plan, words: Words) -> Self {
        Self { plan, words }
    }

    /// As an HTML table, for notebooks. *O(fields)*.
    ///
    /// ```
    /// # use arrow_array::BooleanArray;
    /// # use arrownd::{Options, engine::PlanDisplay, plan};
    /// let array = BooleanArray::from(vec![true]);
    /// let conversion = plan(&array, &Options::new())?;
    /// let html = PlanDisplay::new(conversion.plan(), |text| text.replace("Arrow", "The table").into()).to_html();
    /// assert!(html.contains("<p>bit-packed: The table packs booleans as bits"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        let Self { plan, words } = *self;
        let mut html = String::from("<div class=\"arrownd-plan\"><p><code>");
        html.push_str(&escape(&plan.headline(words)));
        html.push_str("</code></p>");
        if !plan.children.is_empty() {
            html.push_str("<table><thead><tr>");
            for title in ["field", "type", "result", "", "allocated", "why"] {
                let _ = write!(html, "<th>{title}</th>");
            }
            html.push_str("</tr></thead><tbody>");
            for child in &plan.children {
                html.push_str("<tr>");
                for cell in child.columns() {
                    let _ = write!(html, "<td>{}</td>", escape(&cell));
                }
                html.push_str("</tr>");
            }
            html.push_str("</tbody></table>");
        }
        for line in plan.details(words) {
            let _ = write!(html, "<p>{}</p>", escape(&line));
        }
        html.push_str("</div>");
        html
    }
}

impl fmt::Display for PlanDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, words } = *self;
        f.write_str(&plan.headline(words))?;
        let rows: Vec<[String; 6]> = plan.children.iter().map(Plan::columns).collect();
        let width = |i: usize| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3), width(4)];
        for (i, row) in rows.iter().enumerate() {
            let branch = if i + 1 == rows.len() { "└─" } else { "├─" };
            let mut line = format!("{branch} ");
            for (cell, width) in row.iter().zip(widths) {
                let _ = write!(line, "{cell:<width$}  ");
            }
            line.push_str(&row[5]);
            write!(f, "\n{}", line.trim_end())?;
        }
        for line in plan.details(words) {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}
