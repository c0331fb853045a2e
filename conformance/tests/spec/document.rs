//! The specification as its form has it: an introduction, clauses, and fenced blocks.

/// `docs/spec.md`.
pub struct Document {
    /// The prose before the first clause.
    pub intro: Vec<String>,
    intro_blocks: Vec<Block>,
    /// In the document's order.
    pub clauses: Vec<Clause>,
}

/// What stands below a heading `## S8 — The scale`.
pub struct Clause {
    pub id: String,
    pub title: String,
    /// The kind of every statement, such as `MUST`.
    pub statements: Vec<String>,
    pub prose: Vec<String>,
    blocks: Vec<Block>,
}

/// What stands between fences, with the words behind the first.
pub struct Block {
    info: String,
    text: Vec<String>,
}

/// A line of an example: a name, and the sides that say what it is.
#[derive(Debug)]
pub struct Line {
    /// Whether it is an input.
    pub given: bool,
    pub name: String,
    pub sides: Vec<(Relation, String)>,
}

/// What a side says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `=`: it is this.
    Equal,
    /// `≈`: it is this, to the digits printed.
    Approximate,
    /// `≠`: a mistake would make it this.
    Distinct,
}

impl Document {
    pub fn parse(text: &str) -> Self {
        let mut document =
            Self { intro: Vec::new(), intro_blocks: Vec::new(), clauses: Vec::new() };
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(info) = line.strip_prefix("```") {
                let text = lines.by_ref().take_while(|line| *line != "```");
                let block =
                    Block { info: info.to_owned(), text: text.map(str::to_owned).collect() };
                document.blocks_here().push(block);
            } else if let Some(clause) = Clause::from_heading(line) {
                document.clauses.push(clause);
            } else if let Some(clause) = document.clauses.last_mut() {
                clause.push(line);
            } else {
                document.intro.push(line.to_owned());
            }
        }
        document
    }

    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.intro_blocks.iter().chain(self.clauses.iter().flat_map(|clause| &clause.blocks))
    }

    fn blocks_here(&mut self) -> &mut Vec<Block> {
        match self.clauses.last_mut() {
            Some(clause) => &mut clause.blocks,
            None => &mut self.intro_blocks,
        }
    }
}

impl Clause {
    /// Every heading is a clause's, from the first clause on.
    fn from_heading(line: &str) -> Option<Self> {
        let (id, title) = line.strip_prefix("## ")?.split_once(" — ")?;
        Some(Self {
            id: id.to_owned(),
            title: title.to_owned(),
            statements: Vec::new(),
            prose: Vec::new(),
            blocks: Vec::new(),
        })
    }

    fn push(&mut self, line: &str) {
        assert!(!line.starts_with('#'), "{line} is no clause");
        if let Some(statement) = line.strip_prefix("- ") {
            let kind = statement.strip_prefix("**").and_then(|rest| rest.split_once("** "));
            let Some((kind, _)) = kind else { panic!("no statement: {line}") };
            self.statements.push(kind.to_owned());
        }
        self.prose.push(line.to_owned());
    }

    /// How many blocks have this info.
    pub fn count(&self, info: &str) -> usize {
        self.blocks.iter().filter(|block| block.info == info).count()
    }
}

impl Block {
    /// The clause that it is an example of.
    pub fn example(&self) -> Option<&str> {
        self.info.strip_prefix("example ")
    }

    /// The lines; one that begins with a space goes on with the one before.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<String> = Vec::new();
        for line in &self.text {
            match lines.last_mut() {
                Some(last) if line.starts_with(' ') => *last = format!("{last} {}", line.trim()),
                _ => lines.push(line.clone()),
            }
        }
        lines.iter().map(|line| Line::parse(line)).collect()
    }
}

impl Line {
    pub fn parse(line: &str) -> Self {
        let mut sides = Vec::new();
        let mut head = String::new();
        for word in line.split(' ') {
            let relation = match word {
                "=" => Relation::Equal,
                "≈" => Relation::Approximate,
                "≠" => Relation::Distinct,
                _ => {
                    let text = sides.last_mut().map_or(&mut head, |(_, side)| side);
                    *text += word;
                    text.push(' ');
                    continue;
                }
            };
            sides.push((relation, String::new()));
        }
        assert!(!sides.is_empty(), "an example without a relation: {line}");
        let (given, name) = match head.strip_prefix("given ") {
            Some(name) => (true, name),
            None => (false, head.as_str()),
        };
        Self { given, name: name.trim_end().to_owned(), sides }
    }
}
