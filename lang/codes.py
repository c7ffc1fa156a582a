"""The registry of error and warning codes: each has a page in the manual and tests of its own.

E01xx syntax, E02xx names, types and shapes, E03xx data and options, E04xx run time, E05xx methods
that cannot handle a model, E06xx queries; warnings begin with `W`. A code is never used again for
another mistake. To add one, write its entry into the section of its area; `pplc.lang.diagnostics`
says what a message must be like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """What the manual says of a code.

    title:       the mistake in a few words.
    explanation: why it is one, and what to do.
    example:     a program (or a command, data, a query) with the mistake, as short as can be. One that only
                 a run shows begins with `# run: infer --method nuts …`, the command for it, or with
                 `import pplc`; such examples are run by the tests.
    """

    title: str
    explanation: str
    example: str


# ------------------------------------------------------------------ E01xx: syntax and files

SYNTAX: Final[dict[str, Code]] = {
    "E0101": Code(
        "unexpected word or sign",
        "The text cannot be read at this place. The message lists what could stand there.",
        "model f() { x ~ Normal(0 1) }",
    ),
    "E0102": Code(
        "bracket never closed",
        "Every `(`, `[` and `{` needs its partner. The caret stands at the one that was opened and not"
        " closed.",
        "model f() { x ~ Normal(0, 1\n  return x }",
    ),
    "E0103": Code(
        "bracket closes nothing",
        "A `)`, `]` or `}` stands where no such bracket is open.",
        "model f() { return 1 } }",
    ),
    "E0104": Code(
        "bad string",
        'A string stands in double quotes on one line. Its escapes are `\\n \\t \\r \\" \\\\ \\uXXXX'
        " \\u{X…}`.",
        'let s = "open',
    ),
    "E0105": Code(
        "unexpected character", "A character that no name, number or sign begins with.", "let x = 3 € 4"
    ),
    "E0106": Code(
        "badly written number",
        "A decimal has a digit before and after its point, as in `0.5` and `1.0`; digits are not grouped by"
        " `_`.",
        "let x = .5",
    ),
    "E0107": Code(
        "number out of range",
        "A literal has at most 400 digits and lies between 1e-400 and 1.79e308.",
        "let x = 1e999",
    ),
    "E0108": Code(
        "nested too deep", "Brackets and expressions nest at most 200 deep. Name parts with `let`.", ""
    ),
    "E0109": Code(
        "file too large",
        "A model file has at most 300,000 characters, a program 100 files. Numbers belong in data files.",
        "",
    ),
    "E0110": Code(
        "reserved word used as a name",
        "The words `model fn density type import query let var if else match for in while return observe"
        " and or not"
        " true false on array` cannot be names.",
        "let model = 3",
    ),
    "E0111": Code(
        "sign of another language",
        "`and or not`, `^`, `x = x + 1`, `if c { a } else { b }` stand for what other languages write `&&"
        " || !`, `**`, `+=`, `?:`. A comment begins with `#`.",
        "let x = a && b",
    ),
    "E0112": Code(
        "draw written with another sign",
        "A draw is `x ~ law`, without `let`. `let x = law` names the law and draws nothing; no `<-`.",
        "model f() { x <- Normal(0, 1) }",
    ),
    "E0113": Code(
        "`=` and `==` confused",
        "`==` compares, `=` assigns to a `var` or names an argument, `let x = e` gives a name.",
        "model f(a: int) { if a = 1 { return 2 } }",
    ),
    "E0114": Code(
        "nothing where a value is needed",
        "A sign such as `~`, `=` or `+` needs something on its right.",
        "model f() { x ~ }",
    ),
    "E0115": Code(
        "block without braces",
        "What `if`, `else`, `for`, `while`, `fn` and `model` govern stands in `{ }`; no `then`, `:` or"
        " indentation.",
        "model f(a: bool) { if a then return 1 }",
    ),
    "E0116": Code(
        "badly written loop or range",
        "A loop is `for i in 0..N { … }`: no parentheses, a half-open range `a..b`, which leaves out `b`.",
        "model f() { for i in 0:3 { x ~ Normal(0, 1) } }",
    ),
    "E0117": Code(
        "word of another language",
        "`else if`, `fn`, `let`, `true`, `match` stand for what other languages call `elif`, `def`,"
        " `lambda`, `const`, `True`, `switch`.",
        "def f(x) { return x }",
    ),
    "E0118": Code(
        "declaration in the style of Stan or C",
        "A parameter of the model is drawn, `x ~ Normal(0, 1)`, and data are parameters of the model,"
        " `model f(y: real[N])`.",
        "model f() { real x; }",
    ),
    "E0119": Code(
        "statement inside an expression",
        "`return`, `let`, `var`, `observe`, `while` begin a statement; they give no value.",
        "let x = return 3",
    ),
    "E0120": Code(
        "badly written function or model",
        "Write `fn f(x: real) => e` or `model m(y: real[N]) { … }`: a name, parameters in parentheses, maybe"
        " `-> T`, and a body. Parameters have no default values.",
        "fn f(x: real)",
    ),
    "E0121": Code(
        "statement or item in the wrong place",
        "Outside of models stand `model fn density type import query let`; inside of blocks stand"
        " statements.",
        "x ~ Normal(0, 1)",
    ),
    "E0122": Code(
        "left side is no variable",
        "Left of `~`, `=` and `:=` stands a variable, perhaps with indices.",
        "model f() { f(2) = 3 }",
    ),
    "E0123": Code(
        "badly written type",
        "Sizes stand after a type, as in `real[N, M]`; `array[N] T` is for any other `T`.",
        "model f(y: array real[3]) { }",
    ),
    "E0124": Code(
        "badly written query",
        "Events compare with `==`; `do(x = 1)` and conditions stand after `|`, groups are separated by `;`. A"
        " decision is `decide d given (x) maximise P(d == y) subject to I(z; d) <= 0.1`.",
        "query P(x = 1)",
    ),
    "E0125": Code(
        "imported file not found",
        "The path is relative to the file that imports; it ends in `.ppl`.",
        'import "none.ppl"',
    ),
    "E0126": Code(
        "import from outside",
        "A model file may import only files in its own folder and below; links do not help.",
        'import "../x.ppl"',
    ),
    "E0127": Code("files import each other", "Imports must not form a circle.", 'import "self.ppl"'),
    "E0128": Code("file is not text", "A model file is UTF-8 text.", ""),
    "E0129": Code("unclear chain", "`a..b..c` has no meaning.", "let x = 1..2..3"),
    "E0130": Code(
        "badly written record, tuple or argument",
        "`(a: 1, b: 2)` is a record, `(1, 2)` a tuple, `f(a = 1)` a named argument, `[1, 2]` a list; braces"
        " hold statements. `let (a, b) = e` takes a tuple apart.",
        "let x = (a: 1, 2)",
    ),
}

# ------------------------------------------------------------------ E02xx: names, types, shapes, arity

NAMES: Final[dict[str, Code]] = {
    "E0201": Code(
        "unknown name",
        "Nothing of this name is defined where it is used. A name is visible after its definition and within"
        " its block; functions, models, types and top-level `let`s are visible in the whole file.",
        "model f() { x ~ Normal(0, 1); return y }",
    ),
    "E0202": Code(
        "name defined twice",
        "Within a function a name means one thing at a time, and two draws of one run cannot share a name,"
        " because draws are told apart by it. Data are conditioned on with `observe y ~ …`; only a `var` is"
        " assigned again.",
        "model f() { x ~ Normal(0, 1); x ~ Normal(0, 2) }",
    ),
    "E0203": Code(
        "assignment to what is no `var`",
        "`x = e` changes a variable declared with `var x = …`. A `let` binds once; elements of an array are"
        " defined with `:=` or `~`.",
        "model f() { let x = 1; x = 2; return x }",
    ),
    "E0205": Code(
        "anonymous function uses a `var`",
        "A function keeps the values of what it uses when it is made, and a `var` may change later. Bind the"
        " value that is meant with `let`.",
        "model f() { var x = 1; return fn (y: int) => x + y }",
    ),
    "E0206": Code(
        "size without a value",
        "A size name is a number in the program only where some argument shows it: as the length of an array,"
        " not in the type of a function or in a list.",
        "fn f(g: fn(real[N]) -> real) -> int { return N }",
    ),
    "E0207": Code(
        "element of an array badly defined",
        "`a[i] := e` defines an element. All elements of an array are defined with as many indices.",
        "model f() { a[0] := 1; a[0, 1] := 2 }",
    ),
    "E0208": Code(
        "definition in a circle",
        "A type or a top-level `let` cannot be defined by itself, directly or through others.",
        "let a = b + 1\nlet b = a",
    ),
}

# ------------------------------------------------------------------ E02xx and W02xx: types, shapes, arity

TYPES: Final[dict[str, Code]] = {
    "E0204": Code(
        "wrong number of arguments",
        "A call gives more or fewer arguments than the function, model or family has parameters. The label"
        " names the parameters; families can also be called by name, as in `Normal(mean = 0, sd = 1)`.",
        "model f() { x ~ Normal(0, 5, 1); return x }",
    ),
    "E0209": Code(
        "unknown or repeated named argument",
        "An argument is given by a name that the callee has no parameter for, or twice. Some families have"
        " several lists of parameters, such as `NegativeBinomial(mean = 3, dispersion = 2)`; names of"
        " different lists do not mix.",
        "model f() { x ~ Normal(mean = 0, std = 1); return x }",
    ),
    "E0210": Code(
        "wrong type",
        "A value stands where a value of another type is expected. An `int` may stand for a `real`, a"
        " narrower set for a wider one (`positive` for `real`), an array for a list and a distribution for a"
        " model, and nothing else is converted.",
        "model f() { n ~ Poisson(3); condition(n % 2); return n }",
    ),
    "E0211": Code(
        "unknown field or member",
        "A record has the fields of its type; a distribution has `logpdf`, `cdf`, `logcdf`, `logccdf`,"
        " `quantile` and `mean`.",
        "fn f(p: (x: real, y: real)) -> real { return p.z }",
    ),
    "E0212": Code(
        "operator on the wrong types",
        "Arithmetic is for numbers and arrays of numbers, `<` for single numbers, `==` for two values of one"
        " type whose equality can be decided. `int(b)` makes a number of a `bool`.",
        "model f() { a ~ Bernoulli(0.5); return a + 1 }",
    ),
    "E0213": Code(
        "call of what is no function, or use of what is no value",
        "Only functions, models, families and constructors can be called. Types and actions are no values.",
        "fn f(x: real) -> real { return x(1) }",
    ),
    "E0214": Code(
        "wrong index",
        "Arrays, vectors, matrices and lists are indexed by integers, ranges or one array of integers, with"
        " at most as many indices as they have axes; tuples by a written number.",
        "fn f(x: real[N], t: real) -> real { return x[t] }",
    ),
    "E0215": Code(
        "loop over what has no elements",
        "A `for` goes over a range `0..n`, an array or a list.",
        "model f(n: int) { x[i] ~ Normal(0, 1) for i in n }",
    ),
    "E0216": Code(
        "type that cannot be inferred",
        "Parameters of named functions and models have a type, and so have the results of recursive ones."
        " Parameters of anonymous functions may leave it out where their use shows it.",
        "model geometric(p: real) {\n  if flip(p) { return 1 }\n  return 1 + ~geometric(p)\n}",
    ),
    "E0217": Code(
        "too large to check",
        "A type of more than 1000 parts, or a `match` of very many cases, is refused: pairs of pairs of pairs"
        " grow without bounds. Large values belong into arrays and lists.",
        "fn f() {\n"
        + "".join(f"  let x{i + 1} = (x{i}, x{i})\n" if i else "  let x1 = (1, 2)\n" for i in range(11))
        + "  return x11\n}",
    ),
    "E0218": Code(
        "type that says nothing",
        "`simplex`, `ordered`, `unit_vector`, `corr`, `cov` and `chol` take one size; sizes are integers.",
        "model f(p: simplex) { z ~ Categorical(p); return z }",
    ),
    "E0219": Code(
        "number outside its domain",
        "A number that is written in the program lies outside the domain of the parameter it is given to."
        " Computed values are checked when the program runs.",
        "model f() { x ~ Normal(0, -1); return x }",
    ),
    "E0220": Code(
        "sizes that differ",
        "Arrays are combined by NumPy's rules: axes are compared from the last, and must be of one size, or"
        " of size 1. Two size names are two sizes: where they are always equal, use one name.",
        "model f(y: real[N], mu: real[J]) { observe y ~ Normal(mu, 1) }",
    ),
    "E0221": Code(
        "index outside an array",
        "A written index is negative or past the end. Indices start at 0 and do not count from the end.",
        "let primes = [2, 3, 5]\nlet x = primes[3]",
    ),
    "E0222": Code(
        "randomness outside a model",
        "A `fn` is deterministic: it cannot draw, observe or weigh. Write `model` instead, and draw from it"
        " with `~` where it is used.",
        "fn noisy(x: real) -> real { e ~ Normal(0, 1); return x + e }",
    ),
    "E0223": Code(
        "no law to draw from or to observe",
        "Right of `~` stands a model or a distribution; right of `observe … ~` a distribution, for only that"
        " has a density. `infer(m)` is the distribution of a model, where that can be computed.",
        "model f(x: real) { y ~ x + 1; return y }",
    ),
    "E0224": Code(
        "type without equality or without a list of its values",
        "`mem` compares arguments and `infer` values, so these hold no functions; `values(T)` needs a type of"
        " finitely many values.",
        "type Shape = Dot | Circle(radius: real)\nmodel f() { s ~ Uniform(values(Shape)); return s }",
    ),
    "E0225": Code(
        "condition on an event of probability zero",
        "A continuous variable equals any one value with probability 0, so `condition(x == c)` would leave"
        " nothing. To learn from a measured value, `observe` it: that weighs the run by a density.",
        "model f() { mu ~ Normal(0, 1); condition(mu == 1.5); return mu }",
    ),
    "E0226": Code(
        "path without a return",
        "A function or model returns a value on some paths, but its end can be reached on others.",
        "fn sign(x: real) -> int {\n  if x > 0 { return 1 }\n}",
    ),
    "E0227": Code(
        "match that leaves values out",
        "Every value must have an arm. The message names a pattern that is missing; `_ => …` takes the rest.",
        "fn f(k: int) -> int { return match k { 0 => 1 } }",
    ),
    "E0228": Code(
        "arm that is never reached",
        "The arms before it take every value that fits this one.",
        "fn f(k: int) -> int { return match k { _ => 1, 0 => 2 } }",
    ),
    "E0229": Code(
        "pattern that does not fit",
        "A pattern has the shape of the values it is matched with: their constructors, with all their parts.",
        "fn f(p: (real, real)) -> real { let (a, b, c) = p; return a + b + c }",
    ),
    "W0201": Code(
        "observed value that is not data",
        "The left side of `observe` depends on a draw. The run is weighed by the density at that value, and"
        " no Jacobian is added: for a transformed parameter add `factor(…)` with its logarithm.",
        "model f() { x ~ Normal(0, 1); observe exp(x) ~ LogNormal(0, 2); return x }",
    ),
    "W0202": Code(
        "code that is never reached",
        "It stands after a `return`, or after a loop without end, `while true { … }`.",
        "fn f(x: real) -> real {\n  return x\n  return 2 * x\n}",
    ),
    "W0203": Code(
        "value that is never used",
        "A `let` of a function is not read. In a model it may be: a `let` there is reported.",
        "fn f(x: real) -> real { let y = x * 2; return x }",
    ),
    "W0204": Code(
        "value that is thrown away",
        "An expression stands as a statement, but does nothing. A model that is called but not drawn from"
        " does not run: write `x ~ m()`.",
        "model coin() { x ~ Bernoulli(0.5); return x }\nmodel f() { coin(); return 1 }",
    ),
}

# ------------------------------------------------------------------ E03xx and W03xx: data and options

DATA: Final[dict[str, Code]] = {
    "E0301": Code(
        "data file cannot be read",
        "Data are regular files that end in `.json`, `.csv`, `.parquet` or `.npz`, or `-` for standard"
        " input.",
        "pplc infer m.ppl --data folder",
    ),
    "E0302": Code(
        "data file is not well formed",
        "JSON is UTF-8 without byte order mark, without NaN or Infinity, no key twice in an object, not"
        " nested deeper"
        " than 200, numbers up to 1e300. A CSV file begins with the names of its columns; each row has one"
        " field for each.",
        '{"p": NaN}',
    ),
    "E0303": Code(
        "no such object in the file",
        "`--data file.json#member` takes the object that stands under that name in the file.",
        "pplc infer m.ppl --data m.json#none",
    ),
    "E0304": Code(
        "datum of another kind",
        "The value is not what the parameter's type wants: a number, an integer, a truth value, a string, a"
        " list.",
        'model m(n: int) { x ~ Normal(0, n) }   with   {"n": "three"}',
    ),
    "E0305": Code(
        "datum of another shape",
        "An array must be rectangular and have the extents that its type says.",
        'model m(y: real[2]) { observe y ~ Normal(0, 1) }   with   {"y": [1, 2, 3]}',
    ),
    "E0306": Code(
        "datum outside its type",
        "`positive` is above 0, `unit` from 0 to 1, a `simplex` sums to 1 within 1e-8, `ordered` increases"
        " strictly,"
        " `cov` and `corr` are symmetric and positive definite, `chol` is lower triangular with a positive"
        " diagonal.",
        'model m(s: positive) { x ~ Normal(0, s) }   with   {"s": 0}',
    ),
    "E0307": Code(
        "sizes disagree",
        "A size name means the same number wherever it stands, and that of an `int` parameter or datum of"
        " its name.",
        'model m(x: real[N], y: real[N]) { observe y ~ Normal(x, 1) }   with   {"x": [1], "y": [1, 2]}',
    ),
    "E0308": Code(
        "datum given twice",
        "Two files give the same parameter. `--set` may override a value; another file may not.",
        "pplc infer m.ppl --data a.json --data b.json",
    ),
    "E0309": Code(
        "datum missing",
        "Every parameter of the entry model needs a value, by its name. All that are missing are listed at"
        " once.",
        "pplc infer eight_schools.ppl",
    ),
    "E0310": Code(
        "option does not apply",
        "A method takes the options that its line in `pplc infer --help` and the manual says; others are"
        " errors, never ignored.",
        "pplc infer m.ppl --method exact --warmup 100",
    ),
    "E0312": Code(
        "method not available",
        "There is no method of that name, or it comes with a later version.",
        "pplc infer m.ppl --method smc",
    ),
    "E0313": Code(
        "output cannot be written",
        "The ending of the name says what is written; the folder must exist.",
        "pplc infer m.ppl --out run.txt",
    ),
    "E0314": Code(
        "run cannot go on",
        "`--resume` goes on with a run file (`.nc` or `.json`) of the same program, data and options,"
        " written by this version.",
        "pplc infer m.ppl --resume other.nc",
    ),
    "E0315": Code(
        "no such model",
        "The file has no model of that name, or no model at all.",
        "pplc infer m.ppl --model none",
    ),
    "E0316": Code(
        "model file cannot be read", "There is no such file, or it is no regular file.", "pplc fmt none.ppl"
    ),
    "E0317": Code(
        "command line not understood",
        "`pplc --help` and `pplc COMMAND --help` list commands and options.",
        "pplc infre m.ppl",
    ),
    "E0318": Code(
        "`--set` without a value",
        "`--set NAME=VALUE`; the value is a literal: a number, `1/3`, `true`, a string, a list, a tuple, a"
        " record, an alternative.",
        "pplc infer m.ppl --set p",
    ),
    "E0319": Code(
        "initial values not understood",
        "`--init` takes a JSON file with an object: for each variable a number or nested lists of numbers.",
        "pplc infer m.ppl --init start.csv",
    ),
    "E0320": Code(
        "nothing to plot",
        "The run has no variable of that name, or none that is numeric or finite.",
        'run.plot("none")',
    ),
    "E0321": Code(
        "stopped too early",
        "Ctrl-C or `--time` ended the run before its first draw. With `--out run.json` (or `.nc`) the file"
        " keeps how far it came, warm-up included, and `--resume run.json` goes on from there.",
        "pplc infer m.ppl --time 1ms",
    ),
    "E0322": Code(
        "option that names no variable",
        "`--blocks` and `--parameters` name variables that the model draws, or paths such as `f.slope`;"
        " commas join those of a block, semicolons part blocks.",
        "pplc infer m.ppl --method mh --blocks mu,sgima",
    ),
    "W0301": Code(
        "data not used",
        "The file has names that are no parameters of the model.",
        "pplc infer m.ppl --data m.json",
    ),
    "W0302": Code(
        "data found one level down",
        "None of the names in the JSON file is a parameter, but those of its member `data` are, so that is"
        " taken.",
        "pplc infer kidiq.ppl --data kidiq.json",
    ),
    "W0303": Code(
        "queries left out",
        "`map` finds the point of highest density: it has no probabilities, means or deviations to give.",
        "pplc infer m.ppl --method map",
    ),
    "W0304": Code(
        "fewer predictions than draws",
        "The predictions in a run file are made from some draws only, because there is a lot of data, or"
        " because Ctrl-C stopped it.",
        "pplc infer m.ppl --data large.json --out run.nc",
    ),
    "W0311": Code(
        "run stopped early",
        "Ctrl-C or `--time` ended it; what had been computed is shown.",
        "pplc infer m.ppl --time 1s",
    ),
    "W0312": Code(
        "chains that never moved",
        "Every draw of these chains is the same although other chains move: their start was bad, or the"
        " density has no slope there.",
        "",
    ),
    "W0313": Code(
        "chains disagree",
        "R-hat above 1.01 (rank-normalised, Vehtari et al. 2021): the chains have not reached the same law.",
        "",
    ),
    "W0314": Code(
        "few effective draws",
        "Fewer than 100 effective draws per chain: intervals and quantiles are rough.",
        "",
    ),
    "W0317": Code(
        "slow energy", "E-BFMI below 0.3 (Betancourt 2016): the momentum explores the energies slowly.", ""
    ),
    "W0318": Code("weights concentrate", "The weighted draws are worth fewer than 100 independent ones.", ""),
    "W0319": Code(
        "heavy-tailed weights",
        "Pareto k above 0.7 (Vehtari et al. 2024): the standard errors of weighted means cannot be trusted.",
        "",
    ),
    "W0320": Code(
        "few runs are kept",
        "Rejection keeps a run from the prior with probability weight / bound. After many runs hardly one"
        " was kept: the evidence is impossible or very rare, or `--bound` far above every weight. It is said"
        " while the method runs, so that it can be stopped. Another method, such as `--method smc`, makes"
        " better use of runs.",
        "# run: infer --method rejection --draws 10\n"
        "model m() { x ~ Normal(0, 1); condition(x > 3.5); return x }",
    ),
    "E0323": Code(
        "function from Python that does not fit",
        '`pplc.load(…, functions={"net": net})` gives Python functions and torch modules to the parameters of'
        " function type, by name. What they take and give must be data: numbers, truth values, strings,"
        " arrays, lists, tuples, records.",
        'model m(net: fn(real) -> real) { x ~ Normal(net(0), 1) }   with   functions={"nett": math.exp}',
    ),
    "E0346": Code(
        "parameter that cannot be left open",
        "`--symbolic` names parameters of the entry model that are `real`, `positive` or `unit`, arrays of"
        " these or a `simplex`, for which there are no data. The sizes of arrays must be known.",
        "model f(n: int) { x ~ UniformInt(0, n) }   with   --symbolic n",
    ),
    "E0330": Code(
        "starting value of the wrong shape",
        "A starting value has the shape of its variable.",
        "import pplc\n"
        "\n"
        'pplc.compile("model f() { x ~ Normal(0, 1) }").infer(method="nuts", init={"x": [1, 2]})',
    ),
    "E0331": Code(
        "starting value outside the support",
        "A starting value lies strictly inside the support of its variable, where the density is positive.",
        "import pplc\n"
        "\n"
        'pplc.compile("model f() { x ~ Exponential(1) }").infer(method="nuts", init={"x": -1})',
    ),
    "E0332": Code(
        "starting value for nothing",
        "Starting values are for variables that the model draws.",
        'import pplc\n\npplc.compile("model f() { x ~ Normal(0, 1) }").infer(method="nuts", init={"y": 1})',
    ),
    "E0337": Code(
        "no parameters found",
        "`pmmh` and `smc2` take variables that are drawn before the first loop with weights as parameters."
        " There are none: name them.",
        "pplc infer m.ppl --method pmmh",
    ),
    "E0338": Code(
        "variable that is no parameter",
        "`pmmh` and `smc2` move parameters without looking at the other variables, so that neither whether a"
        " parameter is drawn nor its law may depend on these. Name the variables that it depends on as well,"
        " or leave it out.",
        "pplc infer m.ppl --method pmmh --parameters z",
    ),
    "E0339": Code(
        "model that cannot propose",
        "`--proposal NAME` takes a model of the same file. Its first parameter is a record of the variables"
        " that it reads, its others are data of the entry model; it draws variables of the model by their"
        " names, and has no weights.",
        "pplc infer m.ppl --method mh --proposal step",
    ),
}

# ------------------------------------------------------------------ E04xx: run time

RUN: Final[dict[str, Code]] = {
    "E0401": Code(
        "parameter outside its domain",
        "The parameters of a distribution have domains: a standard deviation is positive, a probability"
        " lies between 0 and 1, a covariance is symmetric and positive definite. The message names the"
        " parameter and its value. Where a variable can leave the domain, give it a type or prior that"
        " keeps it inside.",
        "model f() { s ~ Normal(0, 1); x ~ Normal(0, -s * s) }",
    ),
    "E0402": Code(
        "index outside the array",
        "Indices count from 0, so an array of length N has indices 0 to N - 1. Negative indices are not"
        " allowed.",
        "model f() { k ~ Poisson(1.0); y ~ iid(Normal(0, 1), 3); return y[k + 3] }",
    ),
    "E0403": Code(
        "impossible evidence",
        "No run of the model has positive weight: the evidence Z is 0, and there is no posterior. The caret"
        " shows where the last runs died. Inside `infer`, `otherwise =` gives the law to use then.",
        "model f() { x ~ Bernoulli(0.5); condition(false); return x }",
    ),
    "E0404": Code(
        "weight that is none",
        "`weight(w)` needs a finite number w that is not negative, `observe_soft(t)` one between 0 and 1,"
        " `factor(l)` a number l that is neither NaN nor plus infinity, and the density of an observation"
        " must be a number.",
        "model f() { x ~ Bernoulli(0.5); weight(if x { -1.0 } else { 1.0 }); return x }",
    ),
    "E0405": Code(
        "run does not end",
        "A run of the model executed more statements than it may (`--max-steps`). Perhaps a loop or a"
        " recursion does not end.",
        "model f() { var n = 1; while n > 0 { n = n + 1 }; return n }",
    ),
    "E0406": Code(
        "calls too deep",
        "Calls stand inside calls more deeply than they may (`--max-calls`). Perhaps a recursion"
        " does not end.",
        "fn g(n: int) -> int { return g(n + 1) }\nmodel f() { return g(0) }",
    ),
    "E0407": Code(
        "no draw has positive weight",
        "Importance sampling draws from the prior and weighs the runs; here every weight was 0.",
        "",
    ),
    "E0408": Code(
        "weight above the bound",
        "Rejection sampling keeps a run with probability weight / bound, so that no weight may exceed"
        " `--bound`, the log of the largest one; without it weights are at most 1. Densities can be larger.",
        "pplc infer m.ppl --method rejection",
    ),
    "E0411": Code(
        "random function in a density",
        "The function that gives a density must be deterministic; a memoised function draws what it is asked"
        " first. Call it in the model, and give the density its value.",
        "density D(f: fn(int) -> real) on real = fn (x: real) => f(0) - x * x\n"
        "model m() { f ~ mem(fn (k: int) => Normal(0, 1)); observe 1.0 ~ D(f) }",
    ),
    "E0422": Code(
        "element read before it is defined",
        "Elements made by `~` or `:=` exist once their statement has run. The array as a whole can be"
        " read when every element up to its largest index is there.",
        "model f() { z[1] ~ Normal(0, 1); return z[0] }",
    ),
    "E0423": Code(
        "element defined twice",
        "Elements made by `~` or `:=` are defined once each. An array that changes is a `var`.",
        "model f() { for i in 0..2 { z[0] ~ Normal(0, 1) } }",
    ),
    "E0424": Code(
        "division by zero",
        "`/`, `//`, `%` and negative powers have no value where the divisor is zero.",
        "model f(x: real) { return x / (x - x) }",
    ),
    "E0425": Code(
        "function outside its domain",
        "A function was given an argument for which it has no value, such as the logarithm of a negative"
        " number, the mean of no numbers, or the inverse of a singular matrix. (`log(0)` is minus"
        " infinity.)",
        "model f() { return log(0.0 - 1.0) }",
    ),
    "E0426": Code(
        "shapes do not fit together",
        "Arrays are combined by NumPy's rules: axes are matched from the last, and a length of 1 stretches.",
        "model f() { k ~ Poisson(30.0); return ones(k) + ones(2) }",
    ),
    "E0427": Code(
        "number or array too large",
        "A result would take more memory than one value may: integers have at most 131,072 binary digits,"
        " arrays made by one function at most 20 million elements.",
        "model f() { return 10 ^ 1000000000 }",
    ),
    "E0428": Code(
        "result is not a number",
        "A calculation with infinities has no value, such as infinity less infinity. Values that are not"
        " numbers (NaN) never arise silently.",
        "model f() { return infinity - infinity }",
    ),
    "E0429": Code(
        "value of the wrong kind",
        "An operation met a value that it cannot take, most often an entry of the data that is missing. A"
        " missing entry becomes a variable where it is observed; before that it has no value.",
        "model f(y: real?[N]) { return sum(y) }",
    ),
    "E0431": Code(
        "nothing to renormalise",
        "`Truncated` and `Ordered` restrict a distribution and renormalise it; here nothing of it is left.",
        "model f() { x ~ Truncated(Uniform(0, 1), lower = 2) }",
    ),
    "E0432": Code(
        "values repeat too often",
        "`Ordered(d, n)` draws n different values; this distribution gave the same ones ten thousand"
        " times over.",
        "model f(p: unit) { x ~ Ordered(Empirical([1.0, 2.0], [1 - p, p]), 2) }",
    ),
    "E0433": Code(
        "part of one observation set",
        "`do` of an element takes it out of what is observed. The rest of an observation whose entries"
        " depend on each other, as those of `MvNormal` do, has no density of its own then.",
        "# run: query 'E[mu | do(y[1] = 9)]' --set y=[1,2] --method importance\n"
        "model f(y: real[2]) { mu ~ Normal(0, 1); observe y ~ MvNormal([mu, mu], eye(2)) }",
    ),
    "E0440": Code(
        "no starting point",
        "A chain starts at a point of positive density. A hundred random points on the unconstrained scale"
        " had density 0, or one that is not a number, or a parameter outside its domain; for `mh` and its"
        " kin, 2,000 draws from the prior. The message names the site to blame, or shows where most ended.",
        "# run: infer --method nuts --set y=1\n"
        "model f(y: real) { x ~ Normal(0, 1); condition(x > 50); observe y ~ Normal(x, 1) }",
    ),
    "E0441": Code(
        "no curvature at the mode",
        "The Laplace approximation needs a maximum at which the density curves down in every direction.",
        "# run: infer --method laplace\nmodel f() { x ~ Flat(); y ~ Flat(); observe 1.0 ~ Normal(x + y, 1) }",
    ),
    "E0442": Code(
        "no maximum",
        "The density grows without bound, often because a scale can go to 0 while what it scales follows.",
        "# run: infer --method map --steps 100\nmodel f() { s ~ HalfCauchy(1); x ~ Normal(0, s) }",
    ),
    "E0451": Code(
        "a Python function failed",
        "A function given from Python raised an exception; the message ends with what it said.",
        'model m(f: fn(real) -> real) { return f(0) }   with   functions={"f": lambda x: 1 / x}',
    ),
    "E0452": Code(
        "result of another type",
        "A function given from Python gave a value that is not of the type that its parameter declares.",
        'model m(f: fn(real) -> positive) { return f(0) }   with   functions={"f": math.sin}',
    ),
    "E0453": Code(
        "differential equation not solved",
        "`ode` takes steps whose error it can see. A slope that is not finite, and a solution that needs"
        " too many steps, end it: stiff equations need a method that this version does not have.",
        "model f() { let y = ode(fn (t, y) => [y[0] ^ 2], [1.0], [2.0]); return y[0, 0] }",
    ),
    "W0430": Code(
        "divergent transitions",
        "The energy of some trajectories grew without bound: the posterior curves more sharply there than"
        " the steps can follow, and draws from that part are missing.",
        "# run: infer --method nuts --draws 100 --warmup 100 --target-accept 0.5\n"
        "model f() { v ~ Normal(0, 3); x ~ iid(Normal(0, exp(v / 2)), 9) }",
    ),
    "W0431": Code(
        "points outside the support",
        "Trajectories reached a point where the density is 0 or not a number, as where a scale is rounded to"
        " 0. They were cut off there. Approximations leave out their draws at such points. Write a prior that"
        " excludes them. The message counts them by site.",
        "# run: infer --method nuts --draws 100\nmodel f() { s ~ Normal(0, 1); condition(s > 0) }",
    ),
    "W0433": Code(
        "variable that never moved",
        "Every proposal of another value for this variable was rejected. Perhaps the data determine it;"
        " perhaps the other values cannot be reached by the moves that there are.",
        "",
    ),
    "W0432": Code(
        "trees of the greatest depth",
        "Some trajectories of NUTS were cut off before they turned, which makes the chains slow.",
        "# run: infer --method nuts --draws 50 --max-depth 1\nmodel f() { x ~ iid(Normal(0, 1), 9) }",
    ),
}

# ------------------------------------------------------------------ E05xx: methods

METHODS: Final[dict[str, Code]] = {
    "E0457": Code(
        "Dirichlet process from outside infer",
        "What is drawn from a Dirichlet process has a law only together with the draws before. A model inside"
        " `infer` that draws from one of outside has another law for each that it may be: draw it inside.",
        "model inner(g: Model[real]) { x ~ g; return x > 0 }\n"
        "model f() { g ~ DirichletProcess(1, Normal(0, 1)); y ~ infer(inner(g)); return y }",
    ),
    "E0458": Code(
        "datum observed in part and then as a whole",
        "Before the data, as in `prior` queries, every datum is drawn where it is observed first, and only"
        " once. An array of which a part is drawn cannot be drawn as a whole. Observe the whole first, or"
        " every element.",
        "model m(y: bool[2]) { observe y[0] ~ Bernoulli(0.5); observe y ~ Bernoulli(0.5) }",
    ),
    "E0459": Code(
        "data that are not drawn before the data",
        "Before the data, as in `prior` queries, `simulate` and predictions, a datum is drawn where it is"
        " observed under its name, as `y` or `y[i]`. Where what is computed from it is observed, such as a"
        " field of a record, a difference, or a member of a list that a loop goes through, no place of it can"
        " be drawn, and nothing that rests on it has a law before the data. All other variables can be asked"
        " about.",
        "# run: query --set 'y = [true, false]' 'prior P(y[0])'\n"
        "model m(y: bool[2]) { p ~ Uniform([0.25, 0.75]); for v in y { observe v ~ Bernoulli(p) } }",
    ),
    "E0502": Code(
        "too many values to enumerate",
        "Exact inference follows every value of every draw; this one has infinitely many. Choose a method"
        " that draws, such as `--method importance`, or let `auto` choose.",
        "",
    ),
    "E0503": Code(
        "too many states",
        "Exact inference keeps one state for all runs that stand at the same place and agree on everything"
        " that is still read. Here there are more than it may keep (`--max-states`), and summing variables"
        " out one by one takes too large tables as well, if the program allows it at all.",
        "",
    ),
    "E0504": Code(
        "unknown method of infer",
        '`infer(m)` is exact; `infer(m, method = "importance", draws = 1000)` is approximate.',
        "model g() { x ~ Bernoulli(0.5); return x }\n"
        'model f() { y ~ infer(g(), method = "magic"); return y }',
    ),
    "E0505": Code(
        "approximate infer in an exact run",
        "An exact method does not draw, so it cannot run an approximate `infer`.",
        "model g() { x ~ Bernoulli(0.5); return x }\n"
        'model f() { y ~ infer(g(), method = "importance"); return y }',
    ),
    "E0506": Code(
        "number of inner draws",
        "`draws` of an approximate `infer` is the number of its weighted runs, a positive int.",
        "model g() { x ~ Bernoulli(0.5); return x }\n"
        'model f() { y ~ infer(g(), method = "importance", draws = 0); return y }',
    ),
    "E0510": Code(
        "no method for the model",
        "`auto` looked at every method of this version; the message lists why each cannot handle the model.",
        "model f() { x ~ Flat(); n ~ Poisson(3); observe 1.0 ~ Normal(x, 1 + n) }",
    ),
    "E0511": Code(
        "distribution has no such member",
        "Not every distribution has every function in closed form: a multivariate one has no `cdf`, some"
        " have no `mean`.",
        "model f() { return Cauchy(0, 1).mean }",
    ),
    "E0521": Code(
        "too many values to list",
        "An array of discrete draws in one statement has as many values as there are combinations. Draw"
        " the elements one by one, so that exact methods can take them one at a time.",
        "model f() { z ~ iid(Bernoulli(0.5), 40); return sum(z) }",
    ),
    "E0522": Code(
        "no sampler",
        "`Flat` and user-defined densities have a density and no sampler. Methods that use gradients need"
        " none.",
        "model f() { x ~ Flat(); observe 1.0 ~ Normal(x, 1) }",
    ),
    "E0523": Code(
        "function cannot be inverted",
        "`Transformed(d, f)` needs the x with f(x) = y: f must be a chain of invertible functions that"
        " holds its argument in one place. Otherwise draw x in a model and return f(x); such a model can"
        " be drawn from, not observed.",
        "model f() { y ~ Transformed(Normal(0, 1), fn (x: real) => x + x ^ 3) }",
    ),
    "E0524": Code(
        "weights without bound",
        "A loop or recursion may come back to the same state with more weight than it had, again and again,"
        " or a weight grows faster than the density of a continuous variable falls: the weights of all runs"
        " add up to infinity, and there is nothing to normalise by.",
        "model f() { while flip(0.5) { weight(2) }; return 1 }",
    ),
    "E0525": Code(
        "no exact rule for a continuous variable",
        "Exact inference goes on without the value of a continuous variable: it is added, multiplied,"
        " compared, and a parameter of distributions. Whatever needs its value, such as an index or `floor`,"
        " has no rule.",
        "# run: infer --method exact\nmodel f() { x ~ Uniform(0, 3); return floor(x) }",
    ),
    "E0526": Code(
        "too many variables without a closed form",
        "Exact inference integrates variables out in closed form where a rule is known (conjugate pairs,"
        " normal variables, polynomials), and up to two others numerically. More are left here.",
        "# run: infer --method exact\nmodel f() { x[i] ~ Cauchy(0, 1) for i in 0..3; "
        "factor(-(x[0] * x[1] + x[1] * x[2] + x[0] * x[2]) ^ 2); return 1 }",
    ),
    "E0530": Code(
        "random dimension",
        "The dimension of a correlation matrix must be known before the run.",
        "# run: infer --method nuts\nmodel f() { n ~ UniformInt(2, 3); l ~ LKJCholesky(n, 1.0) }",
    ),
    "E0531": Code(
        "tail without derivative",
        "Truncation and censoring divide by a cumulative probability. Of some families it has no derivative"
        " that could be computed here, once a parameter is random.",
        "# run: infer --method nuts\n"
        "model f() { d ~ Gamma(2, 1); x ~ Truncated(StudentT(d, 0, 1), lower = 0) }",
    ),
    "E0532": Code(
        "nothing continuous",
        "Methods that use gradients need continuous variables. Exact enumeration or importance sampling do"
        " not.",
        "# run: infer --method nuts\nmodel f() { x ~ Bernoulli(0.5); return x }",
    ),
    "E0533": Code(
        "missing entries of this law",
        "Entries of an observed array can be missing if the law is one of independent entries.",
        "import pplc\n\n"
        'model = pplc.compile("model f(y: real?[2]) { m ~ Flat(); observe y ~ MvNormal([m, m], eye(2)) }")\n'
        'model.infer({"y": [1, None]}, method="nuts")',
    ),
    "E0534": Code(
        "no sampler in torch",
        "The Pyro model of a program can be run forwards where its laws have samplers in torch.",
        'import pplc\n\npplc.compile("model f() { x ~ Truncated(Normal(0, 1), lower = 30) }").to_pyro()()',
    ),
    "E0535": Code(
        "value that is no number",
        "Gradient methods compute with numbers in places that are known. A choice among other things, or a"
        " random place in an array, cannot be summed out.",
        "# run: infer --method nuts\n"
        "model f() { x ~ Normal(0, 1); k ~ UniformInt(0, 1); z[k] ~ Normal(x, 1) }",
    ),
    "E0537": Code(
        "recursion in a gradient method",
        "A density on R^n has a fixed number of variables. A model that draws from itself has a random one.",
        "# run: infer --method nuts\n"
        "fn sum_to(n: int) -> real { if n == 0 { return 0.0 }; return n + sum_to(n - 1) }\n"
        "model f() { x ~ Normal(sum_to(300), 1) }",
    ),
    "E0538": Code(
        "random length of the run",
        "How often a loop runs depends on a variable that is summed out.",
        "# run: infer --method nuts\n"
        "model f() {\n"
        "  z ~ UniformInt(1, 3); x ~ Normal(0, 1)\n"
        "  var k = 0\n"
        "  while k < z { k = k + 1; factor(-x) }\n"
        "}",
    ),
    "E0539": Code(
        "variable of some runs only",
        "A variable is drawn on one side of an `if` that depends on a variable that is summed out. Gradient"
        " methods need the same continuous variables in every run: draw it before the `if`.",
        "# run: infer --method nuts\n"
        "model f() { z ~ Bernoulli(0.5); if z { x ~ Normal(0, 1) }; y ~ Normal(0, 1) }",
    ),
    "E0540": Code(
        "random length of a list",
        "Which elements a comprehension keeps depends on a draw.",
        "# run: infer --method nuts\n"
        "model f() { x ~ iid(Normal(0, 1), 3); factor(-sum([v for v in x if v > 0])) }",
    ),
    "E0541": Code(
        "random choice of things that are no numbers",
        "An `if` that depends on a draw has functions, strings or other things that are no numbers as its"
        " values.",
        "# run: infer --method nuts\n"
        'model f() { z ~ Bernoulli(0.5); x ~ Normal(0, 1); let s = if z { "a" } else { "b" } }',
    ),
    "E0542": Code(
        "space without coordinates",
        "The points of this density have no smooth unconstrained scale here, or their size is not known.",
        "# run: infer --method nuts\n"
        "density D() on unit_vector[3] = fn (u: unit_vector[3]) => u[0]\n"
        "model f() { u ~ D() }",
    ),
    "E0543": Code(
        "discrete variable that cannot be summed out",
        "Gradient methods sum out discrete variables with finitely many values, drawn one by one.",
        "# run: infer --method nuts --set y=1\n"
        "model f(y: real) { n ~ Poisson(3); x ~ Normal(0, 1); observe y ~ Normal(n * x, 1) }",
    ),
    "E0544": Code(
        "summed-out variable read from afar",
        "A discrete variable of a loop can be summed out if what reads it is in its own round, in one of"
        " the next rounds, or in the same round of a later loop. Otherwise its loop is written out, if it is"
        " short, and few such variables may meet in one place.",
        "# run: infer --method nuts\n"
        "model f() { z ~ Bernoulli(0.5); x ~ Uniform(0, if z { 4 } else { 10 }); factor(-x) }",
    ),
    "E0545": Code(
        "no unconstrained scale",
        "A mixed law, with atoms and a density, cannot be drawn from by methods that use gradients.",
        "# run: infer --method nuts\nmodel f() { x ~ ZeroInflated(0.3, Exponential(1)) }",
    ),
    "E0546": Code(
        "variables that depend on the draws",
        "Gradient methods need the same variables, of the same shapes, in every run.",
        "# run: infer --method nuts\nmodel f() { x ~ Normal(0, 1); if x > 0 { y ~ Normal(0, 1) } }",
    ),
    "E0547": Code(
        "shape that depends on a draw",
        "An index or length is random where it must be known.",
        "# run: infer --method nuts\nmodel f() { n ~ UniformInt(1, 3); x ~ Normal(0, 1); let y = zeros(n) }",
    ),
    "E0548": Code(
        "order without a scale",
        "`Ordered` needs draws on the line or between bounds here.",
        "# run: infer --method nuts\nmodel f() { x ~ Ordered(ZeroInflated(0.3, Exponential(1)), 2) }",
    ),
    "E0549": Code(
        "image without a density",
        "The density of `Transformed` is not differentiated; it can be drawn from, not observed.",
        "# run: infer --method nuts\n"
        "model f() { x ~ Normal(0, 1); observe 2.0 ~ Transformed(Normal(x, 1), fn (u) => exp(u)) }",
    ),
    "E0552": Code(
        "not summed out by code",
        "`pplc ir --stage summed` shows a program whose finite variables are summed out by a transformation"
        " of the program. It needs to see, in the text alone, which values a variable has and where they are"
        " read.",
        "# run: ir --stage summed\n"
        "model f() { a ~ UniformInt(1, 3); b ~ UniformInt(0, a); x ~ Normal(b, 1) }",
    ),
    "E0560": Code(
        "value of a parameter that is left open",
        "With `--symbolic p` the parameter `p` is a symbol. It may be added, multiplied, divided, an argument"
        " of `exp` and `log`, a datum, a parameter of distributions. What needs its value (a comparison, a"
        " rounding, a quantile) has no formula.",
        "model f(p: unit) { if p < 0.5 { return 0 }; return 1 }   with   --symbolic p",
    ),
    "E0561": Code(
        "formulas without end",
        "A program that may go on for ever has formulas as answers (`--symbolic`) if it returns to the same"
        " states: then these are a linear system. A count that grows without limit never comes back; with"
        " values for its parameters it has bounds.",
        "model f(p: unit) { var n = 0; while flip(p) { n = n + 1 }; return n }   with   --symbolic p",
    ),
    "E0551": Code(
        "function without a gradient",
        "A function given from Python is asked at values that depend on the draws, and gives no tensor that"
        " depends on them. Gradient methods follow operations of torch: write it with `torch.exp`, not"
        " `math.exp`.",
        "model m(f: fn(real) -> real) { x ~ Normal(0, 1); observe 1.0 ~ Normal(f(x), 1) }   with"
        '   functions={"f": math.exp}',
    ),
    "W0530": Code(
        "approximation far from the posterior",
        "The weights of draws from the normal approximation vary so much that the approximation cannot be"
        " trusted (Pareto k above 0.7).",
        "# run: infer --method laplace --draws 200\n"
        "model f() { s ~ Normal(0, 2); x ~ Normal(0, exp(s)); observe 0.5 ~ Normal(x, 0.1) }",
    ),
    "W0531": Code(
        "optimiser not finished",
        "The evidence lower bound was still changing when the steps were used up.",
        "# run: infer --method svi --steps 20 --learning-rate 0.1 --draws 50\n"
        "model f() { x ~ iid(Normal(0, 1), 400) }",
    ),
}

# ------------------------------------------------------------------ E06xx: queries

QUERIES: Final[dict[str, Code]] = {
    "E0601": Code(
        "query about an unknown variable",
        "A query speaks of the draws, `let`s and parameters of the entry model, by name and index, and"
        " `f.slope` inside models.",
        "query E[speed]",
    ),
    "E0602": Code(
        "event that is no truth value",
        "What `P` asks about and what stands after `|` is true or false.",
        "query P(x)",
    ),
    "E0603": Code(
        "moment of something that is no number",
        "`E`, `sd`, `var` and `quantile` take a single number.",
        "query E[theta]",
    ),
    "E0604": Code(
        "condition that never holds",
        "The event after `|` has probability 0, or no draw satisfies it; real variables are conditioned on"
        " with `observe`.",
        "query P(x > 0 | x < 0 and x > 0)",
    ),
    "E0605": Code(
        "query of a later version",
        "The language knows this query; this version does not answer it yet.",
        "query bounds(E[y | do(a = 1)])",
    ),
    "E0606": Code(
        "expression too rich for a query",
        "Blocks, draws and models cannot stand in a query. Compute the value in the model and give it a"
        " name with `let`.",
        "query E[~Normal(0, 1)]",
    ),
    "E0607": Code(
        "evidence not known",
        "The method does not give the evidence, or it is undefined (improper priors).",
        "query evidence",
    ),
    "E0608": Code("no such query", "The message lists the queries.", "query mean(x)"),
    "E0609": Code("badly formed query", "The message shows how this query is written.", "query quantile(x)"),
    "E0610": Code(
        "variable that some runs do not define",
        "A draw inside a branch exists only in runs that take it; a query needs its value in every run.",
        "query E[x]",
    ),
    "E0612": Code(
        "query of a point",
        "`map` finds the point of highest density, which is not a law to be asked about.",
        "query E[x]",
    ),
    "E0611": Code(
        "intervention on an unknown variable",
        "`do` sets draws, observed data and `let`s of the model.",
        "query P(x | do(q = 1))",
    ),
    "E0613": Code(
        "table that is no law",
        "The probabilities of a joint law are not negative and sum to 1, every variable has a name of its"
        " own, and there are not too many joint values.",
        'pplc.information.Table.of({"00": 0.5, "11": 0.6})',
    ),
    "E0614": Code(
        "information about variables that are not finite",
        "Entropies and what is made of them are sums over joint values, so that every variable must take"
        " few: a continuous one does not. Ask about a cut of it, such as `x > 0`; a law is cut off by"
        " `Truncated(…, upper = 50)`.",
        "query H(x)",
    ),
    "E0615": Code(
        "information that needs an exact law",
        "What variables have in common, couplings, compressions and bottlenecks hang on which masses of the"
        " joint law are equal or 0: `exact` knows that, and draws do not. All other queries for information"
        " are estimated from draws, unless a divergence of their frequencies is infinite.",
        "query common(x, y)",
    ),
    "E0616": Code(
        "law that is not the same in every run",
        "A law that stands in a query, as in `KL(x, Bernoulli(0.3))`, is one law: it is made of numbers and"
        " of parameters of the model, not of what is drawn.",
        "query KL(y, Bernoulli(p))",
    ),
    "E0617": Code(
        "moment that does not exist",
        "A mean is the difference of what is above 0 and what is below. If both are infinite, as of a"
        " `Cauchy`, there is none, and no variance either. Draws do not show it: their mean never settles.",
        "query E[c]",
    ),
}

CODES: Final[dict[str, Code]] = SYNTAX | NAMES | TYPES | DATA | RUN | METHODS | QUERIES
"""All of them, by code."""
