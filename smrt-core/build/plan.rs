//! The numbering plans as `data/phone_metadata.txt` writes them.

use crate::pattern::Pattern;

/// The kinds of numbers in the order in which Google tries them; fixed line and mobile last,
/// because a number may be both.
pub(crate) const KINDS: [(&str, &str); 10] = [
    ("premium_rate", "PremiumRate"),
    ("toll_free", "TollFree"),
    ("shared_cost", "SharedCost"),
    ("voip", "Voip"),
    ("personal_number", "PersonalNumber"),
    ("pager", "Pager"),
    ("uan", "Uan"),
    ("voicemail", "Voicemail"),
    ("fixed_line", "FixedLine"),
    ("mobile", "Mobile"),
];

/// One kind of number.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    /// The lengths there are, bit `n` for `n` digits; 0 if this kind sets no lengths of its own.
    pub(crate) lengths: u32,
    pub(crate) pattern: Pattern,
}

/// The area code in one way of writing numbers.
#[derive(Debug)]
pub(crate) struct Area {
    pub(crate) width: u8,
    pub(crate) width_in_mobile: u8,
    pub(crate) leading: Option<Pattern>,
    pub(crate) pattern: Pattern,
}

/// The numbering plan of a region.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) region: String,
    pub(crate) code: u16,
    pub(crate) is_main: bool,
    pub(crate) has_national_prefix: bool,
    pub(crate) idd: Option<Pattern>,
    pub(crate) prefix: Option<Pattern>,
    pub(crate) transform: Option<String>,
    pub(crate) leading: Option<Pattern>,
    pub(crate) lengths_local: u32,
    pub(crate) general: Kind,
    pub(crate) kinds: [Option<Kind>; 10],
    pub(crate) mobile_is_fixed_line: bool,
    pub(crate) areas: Vec<Area>,
}

/// Reads all plans.
pub(crate) fn read(text: &str) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        if let ["region", region, code, role] = fields[..] {
            plans.push(Plan::new(region, code, role));
            continue;
        }
        let plan = plans.last_mut().expect("a region comes first");
        plan.set(&fields);
    }
    plans
}

impl Plan {
    fn new(region: &str, code: &str, role: &str) -> Self {
        Self {
            region: region.to_owned(),
            code: code.parse().expect("a calling code"),
            is_main: role == "main",
            has_national_prefix: false,
            idd: None,
            prefix: None,
            transform: None,
            leading: None,
            lengths_local: 0,
            general: Kind {
                lengths: 0,
                pattern: Pattern::End,
            },
            kinds: Default::default(),
            mobile_is_fixed_line: false,
            areas: Vec::new(),
        }
    }

    fn set(&mut self, fields: &[&str]) {
        match *fields {
            ["national_prefix", _] => self.has_national_prefix = true,
            ["idd", pattern] => self.idd = Some(Pattern::parse(pattern)),
            ["prefix", pattern] => self.prefix = Some(Pattern::parse(pattern)),
            ["transform", rule] => self.transform = Some(rule.to_owned()),
            ["leading", pattern] => self.leading = Some(Pattern::parse(pattern)),
            ["general", possible, local, pattern] => {
                self.lengths_local = lengths(local);
                self.general = Kind {
                    lengths: lengths(possible),
                    pattern: Pattern::parse(pattern),
                };
            }
            ["area", width, width_in_mobile, leading, pattern] => self.areas.push(Area {
                width: width.parse().expect("a width"),
                width_in_mobile: width_in_mobile.parse().expect("a width"),
                leading: (leading != "-").then(|| Pattern::parse(leading)),
                pattern: Pattern::parse(pattern),
            }),
            [name, possible, pattern, _example] => self.set_kind(name, possible, pattern),
            _ => panic!("unknown line `{}`", fields.join(" ")),
        }
    }

    fn set_kind(&mut self, name: &str, possible: &str, pattern: &str) {
        let index = KINDS
            .iter()
            .position(|(kind, _)| *kind == name)
            .unwrap_or_else(|| panic!("unknown kind `{name}`"));
        if pattern == "same_as_fixed_line" {
            self.mobile_is_fixed_line = true;
            return;
        }
        self.kinds[index] = Some(Kind {
            lengths: lengths(possible),
            pattern: Pattern::parse(pattern),
        });
    }
}

fn lengths(text: &str) -> u32 {
    match text {
        "-" => 0,
        list => list.split(',').fold(0, |set, length| {
            set | 1 << length.parse::<u32>().expect("a length")
        }),
    }
}
