"""Programs with finite variables to be summed out: mixtures, chains, switches, branches in each other.

Every program also draws `x`, which stays: what is left of the measure is one over `x`. All weights are
rational.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

CASES: dict[str, str] = {
    "a mixture": """
        w ~ Uniform([0.25, 0.5])
        for i in 0..3 {
          z[i] ~ Bernoulli(w); x[i] ~ Bernoulli(0.25)
          weight(if z[i] == x[i] { 2 } else { 1 })
        }""",
    "a mixture whose indicators have a loop of their own": """
        z[i] ~ Categorical([0.5, 0.25, 0.25]) for i in 0..3
        g ~ Bernoulli(0.25)
        x[i] ~ Bernoulli(0.5) for i in 0..3
        weight(if z[k] == 1 and g and x[k] { 0.25 } else { 0.5 }) for k in 0..3
        weight(z[k] + 1) for k in 0..3""",
    "a hidden Markov chain": """
        z[0] ~ Bernoulli(0.5)
        observe y[0] == 1 ~ Bernoulli(if z[0] { 0.25 } else { 0.5 })
        for t in 1..3 {
          z[t] ~ Bernoulli(if z[t-1] { 0.75 } else { 0.25 })
          observe y[t] == 1 ~ Bernoulli(if z[t] { 0.25 } else { 0.5 })
        }
        x ~ Bernoulli(0.5)
        condition(z[2] or x)""",
    "a chain and its observations in loops of their own": """
        z[0] ~ Bernoulli(0.25)
        z[t] ~ Bernoulli(if z[t-1] { 0.25 } else { 0.5 }) for t in 1..3
        x[t] ~ Bernoulli(0.25) for t in 0..3
        observe x[t] ~ Bernoulli(if z[t] { 0.25 } else { 0.5 }) for t in 0..3
        weight(if z[t] != z[t-1] { 2 } else { 3 }) for t in 1..3""",
    "a chain that begins in its loop": """
        for t in 0..3 {
          x[t] ~ Bernoulli(0.5)
          z[t] ~ Categorical(if t == 0 { [0.5, 0.25, 0.25] } else {
            [[0.25, 0.5, 0.25], [0.5, 0.5, 0], [1, 0, 0]][z[t-1]] })
          weight(if z[t] == 1 and x[t] { 0.25 } else { 0.5 })
        }""",
    "a chain of the second order": """
        z[0] ~ Bernoulli(0.5); z[1] ~ Bernoulli(if z[0] { 0.25 } else { 0.5 })
        for t in 2..4 {
          z[t] ~ Bernoulli(if z[t-1] and not z[t-2] { 0.75 } else { 0.25 })
          x[t] ~ Bernoulli(0.5)
          weight(if z[t] == x[t] { 3 } else { 1 })
        }
        weight(if z[2] and z[3] { 2 } else { 5 })""",
    "a chain whose beginning is read in every round and at the end": """
        z[0] ~ Bernoulli(0.5)
        for t in 1..4 {
          z[t] ~ Bernoulli(if z[t-1] and z[0] { 0.75 } else { 0.25 })
          x[t] ~ Bernoulli(0.5)
          weight(if z[t] == x[t] { 3 } else { 1 })
        }
        weight(if z[0] == z[3] { 2 } else { 5 })""",
    "two chains that meet": """
        a[0] ~ Bernoulli(0.5); b[0] ~ UniformInt(1, 3)
        for t in 1..3 {
          a[t] ~ Bernoulli(if a[t-1] { 0.75 } else { 0.25 })
          b[t] ~ UniformInt(1, 3)
          condition(b[t] != b[t-1])
          x[t] ~ Bernoulli(0.5)
          observe x[t] ~ Bernoulli(if a[t] { b[t] / 4 } else { 0.5 })
        }
        condition(a[2])""",
    "durations": """
        s[0] ~ Bernoulli(0.5); d[0] ~ UniformInt(0, 1)
        for t in 1..3 {
          let new = if s[t-1] { 0.25 } else { 0.75 }
          s[t] ~ Bernoulli(if d[t-1] > 0 { if s[t-1] { 1 } else { 0 } } else { new })
          d[t] ~ Categorical(if d[t-1] > 0 { [1, 0] } else { [0.25, 0.75] })
          x[t] ~ Bernoulli(0.25)
          weight(if s[t] and x[t] { 2 } else { 1 })
        }""",
    "a chain from left to right": """
        z[0] ~ Delta(0)
        for t in 1..4 {
          z[t] ~ Categorical([[0.75, 0.25], [0, 1]][z[t-1]])
          x[t] ~ Bernoulli(0.5)
          weight(if (z[t] == 1) == x[t] { 2 } else { 1 })
        }""",
    "a mixture of chains": """
        g ~ Bernoulli(0.25); z[0] ~ Bernoulli(if g { 0.5 } else { 0.75 })
        for t in 1..3 {
          z[t] ~ Bernoulli(if z[t-1] == g { 0.75 } else { 0.25 })
          weight(if z[t] and g { 2 } else { 1 })
        }
        x ~ Bernoulli(0.5)
        condition(z[2] or g or x)""",
    "chains in a plate": """
        for i in 0..2 {
          z[i, 0] ~ Bernoulli(0.25)
          for t in 1..3 {
            z[i, t] ~ Bernoulli(if z[i, t-1] { 0.25 } else { 0.5 })
            weight(if z[i, t] { 2 } else { 3 })
          }
          x[i] ~ Bernoulli(0.5)
          weight(if z[i, 2] == x[i] { 2 } else { 1 })
        }""",
    "a chain that follows what is drawn in its loop": """
        z[0] ~ Bernoulli(0.5)
        for t in 1..4 {
          x[t] ~ Bernoulli(0.25)
          let u = x[t]
          z[t] ~ Bernoulli(if u and z[t-1] { 0.25 } else { 0.5 })
          weight(if z[t] { 2 } else { 1 })
        }""",
    "a switch": """
        s ~ UniformInt(1, 3)
        x ~ Bernoulli(0.5)
        weight(if t < s { 2 } else { if x { 3 } else { 1 } }) for t in 0..3""",
    "variables that all rounds read": """
        g ~ UniformInt(0, 2); h ~ Bernoulli(if g == 1 { 0.25 } else { 0.5 })
        for t in 0..3 {
          x[t] ~ Bernoulli(0.25)
          z ~ Bernoulli(if h { 0.25 } else { g / 4 })
          observe x[t] ~ Bernoulli(if z { 0.75 } else { 0.25 })
        }""",
    "a line of variables": """
        a ~ Bernoulli(0.5); b ~ Bernoulli(if a { 0.25 } else { 0.75 })
        c ~ Bernoulli(if b { 0.25 } else { 0.75 })
        d ~ Bernoulli(if a != c { 0.25 } else { 0.75 })
        x ~ Bernoulli(0.5)
        condition(d or x)""",
    "branches": """
        g ~ Bernoulli(0.25)
        var n = 0
        if g { n = 3; h ~ Bernoulli(0.25); weight(if h { 0.5 } else { 2 }) } else { weight(3) }
        if y[1] == 0 { k ~ UniformInt(0, 2); weight(k) }
        for t in 0..2 {
          x[t] ~ Bernoulli(0.5)
          if x[t] == g { weight(0.75) } else { j ~ UniformInt(0, 2); weight(j + n) }
        }
        weight(n + 1)""",
    "draws without a name": """
        let a = flip(0.5) and flip(0.25)
        let b = a or flip(0.75)
        condition(b)
        let c = [if a { i } else { 2 * i } for i in 0..3]
        x ~ Bernoulli(0.5)
        weight(sum(c) + int(x))""",
    "laws that are chosen": """
        a ~ Bernoulli(0.5); b ~ if a { Bernoulli(0.25) } else { Bernoulli(0.75) }
        c ~ if b { UniformInt(0, 1) } else { if a { UniformInt(0, 2) } else { UniformInt(0, 3) } }
        x ~ Bernoulli(0.5)
        weight(if x { c } else { 2 + int(a) })""",
    "rows that are chosen": """
        let rows = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]
        a ~ Bernoulli(0.5); b ~ Categorical(rows[int(a)])
        let row = rows[int(not a)]
        c ~ Categorical(row); d ~ Categorical(if b == 1 { row } else { rows[0] })
        e ~ Categorical([[0.5, 0.5], [0.25, 0.75]][int(a)])
        x ~ Bernoulli(0.5)
        weight(if x { c + d } else { e + 1 })""",
    "other families": """
        a ~ Uniform([1, 3, 3]); b ~ Delta(a + 1); c ~ Binomial(2, 0.25); d ~ Uniform([0.5, 0.25])
        e ~ BetaBinomial(2, 1, 2); f ~ Hypergeometric(4, 2, 2)
        g ~ Empirical([2, 5, 2], [0.25, 0.5, 0.25]); h ~ Empirical([1, 1, 4])
        x ~ Bernoulli(0.5)
        weight(b * (c + 1) * d * (e + f + int(x)) * (g + h))""",
    "constructors": """
        a ~ Uniform(values(Phase)); b ~ Empirical(values(Phase), if a == Calm { [0.5, 0.5] } else { [1, 0] })
        c[0] ~ Uniform(values(Phase))
        for t in 1..3 {
          c[t] ~ Empirical(values(Phase), match c[t-1] { Calm => [0.25, 0.75], Wild => [0.5, 0.5] })
          x[t] ~ Bernoulli(0.5)
          weight(if x[t] { match c[t] { Calm => 1, Wild => 2 } } else { 3 })
        }
        weight(match b { Calm => 1, Wild => if a == c[2] { 3 } else { 0.5 } })""",
    "functions": """
        a ~ UniformInt(0, 3); weight(steps(a) + 1)
        b ~ Categorical([0.5, 0.25, 0.25]); x ~ Bernoulli(0.5)
        weight(steps(a + b) + steps(b) + int(x))""",
    "elements defined from summed ones": """
        for i in 0..3 {
          z[i] ~ UniformInt(0, 2)
          m[i] := 2 * z[i] + 1
          x[i] ~ Bernoulli(0.5)
          weight(if x[i] { m[i] } else { 1 })
        }""",
    "a change point": """
        var late = false
        for t in 0..3 {
          s[t] ~ Bernoulli(0.25)
          late = late or s[t]
          x[t] ~ Bernoulli(0.5)
          weight(if late == x[t] { 2 } else { 1 })
        }
        weight(if late { 3 } else { 1 })""",
    "counters and phases": """
        var n = 0; var run = 1; var phase = Calm
        for t in 0..3 {
          s[t] ~ Bernoulli(if phase == Calm { 0.25 } else { 0.5 })
          if s[t] { n = n + 1; run = 0 } else { run = run + 1 }
          phase = if run == 2 { Wild } else { phase }
          x[t] ~ Bernoulli(0.5)
          weight(if x[t] { n + 2 * run } else { match phase { Calm => 1, Wild => 2 } })
        }
        x2 ~ Bernoulli(0.5)
        for t in 0..2 { r ~ UniformInt(-1, 1); n = n + r; weight(if x2 { n * n } else { 3 }) }
        weight(n * n + run)""",
    "a change point in every round of a loop": """
        for i in 0..2 {
          var late = i == 1
          for t in 0..2 {
            s[i, t] ~ Bernoulli(0.25)
            late = late != s[i, t]
            weight(if late { 2 } else { 1 })
          }
          x[i] ~ Bernoulli(0.5)
          weight(if late == x[i] { 2 } else { 1 })
        }""",
    "rows of probabilities that are collected": """
        z[0] ~ Categorical([0.5, 0.25, 0.25])
        for t in 1..3 {
          z[t] ~ Categorical([if z[t-1] == k { 0.5 } else { 0.25 } for k in 0..3])
          x[t] ~ Bernoulli(0.5)
          weight(if x[t] { z[t] } else { 1 })
        }""",
    "a variable that changes": """
        var k = 1
        z ~ Bernoulli(0.5)
        weight(if z { k } else { 3 })
        k = 5
        x ~ Bernoulli(0.25)
        weight(if z == x { k } else { 1 })""",
}
"""Bodies of models of `y: int[N]`, which is [1, 0, 1]."""

WRITTEN_OUT: dict[str, str] = {
    "a group that is drawn": """
        d[k] ~ Bernoulli(0.25) for k in 0..2
        for i in 0..2 {
          g[i] ~ UniformInt(0, 1)
          x[i] ~ Bernoulli(0.5)
          weight(if d[g[i]] == x[i] { 2 } else { 1 })
        }""",
    "elements that meet": """
        d[k] ~ Bernoulli(0.25 * (k + 1)) for k in 0..3
        x ~ Bernoulli(0.5); weight(if d[0] and d[2] == x { 0.25 } else { 0.5 })
        weight(if d[2 - k] { 2 } else { k + 1 }) for k in 0..3
        weight(sum([int(e) for e in d]) + 1)""",
    "an array that is observed at once": """
        z[t] ~ Bernoulli(0.25) for t in 0..3
        let m = [if z[t] { 0.25 } else { 0.75 } for t in 0..N]
        x[t] ~ Bernoulli(0.5) for t in 0..3
        weight(if x[t] == z[t] { 2 } else { 1 }) for t in 0..3
        observe y ~ Binomial(1, m)""",
    "a chain of the second order read in another loop": """
        z[0] ~ Bernoulli(0.5); z[1] ~ Bernoulli(0.25)
        for t in 2..4 { z[t] ~ Bernoulli(if z[t-1] and not z[t-2] { 0.75 } else { 0.25 }) }
        for t in 0..4 { x[t] ~ Bernoulli(0.5); weight(if z[t] == x[t] { 3 } else { 1 }) }""",
    "rounds with variables of their own": """
        for t in 0..3 {
          var n = 1
          a ~ UniformInt(0, 2)
          for j in 0..t { b ~ Bernoulli(0.5); if b { n = n + a } }
          s[t] := n
          c ~ Bernoulli(0.5)
          weight(if c { n } else { 1 })
        }
        x ~ Bernoulli(0.5)
        weight(if x { s[0] + s[2] } else { s[1] })""",
}
"""Bodies of models whose loops over finite variables must be written out, as they are read from afar."""

FUNCTIONS = """
type Phase = Calm | Wild
fn steps(a: int) -> int {
  if a > 1 { return 2 }
  var k = a
  for i in 0..3 { k = k + a }
  return k
}
"""
DATA = {"y": (1, 0, 1)}


def program(body: str) -> str:
    """The text of a program with this body."""
    return f"{FUNCTIONS}model m(y: int[N]) {{\n{body}\n}}"


@dataclass(slots=True)
class _Writer:
    """Writes a body; `known` are expressions of ints that may be read where it stands."""

    draw: st.DrawFn
    known: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])
    names: int = 0
    paths: int = 1

    def below(self, limit: int) -> int:
        return self.draw(st.integers(0, limit - 1))

    def one_of(self, *options: str) -> str:
        return options[self.below(len(options))]

    def fresh(self, base: str) -> str:
        self.names += 1
        return f"{base}{self.names}"

    def test(self, *near: str) -> str:
        """A truth value; of `near` it reads one, if there is any."""
        first = self.one_of(*near) if near else self.one_of("1", *self.known)
        second = self.one_of("0", "1", "2", *near, *self.known)
        return f"{first} {self.one_of('==', '!=', '<', '<=')} {second}"

    def number(self, *near: str) -> str:
        return self.choice(self.one_of("0.5", "2", "3", "0"), self.one_of("1", "0.25"), *near)

    def choice(self, then: str, orelse: str, *near: str) -> str:
        return f"if {self.test(*near)} {{ {then} }} else {{ {orelse} }}"

    def law(self, *near: str) -> str:
        """A law of at most three ints."""
        rows = ("[0.5, 0.25, 0.25]", "[0.25, 0.75, 0]", "[0, 0, 1]", "[0.25, 0.25, 0.5]")
        match self.one_of("choice", "rows", "uniform", "list", "binomial"):
            case "choice":
                return f"Categorical({self.choice(self.one_of(*rows), self.one_of(*rows), *near)})"
            case "rows" if near:
                return f"Categorical([{', '.join(self.one_of(*rows) for _ in range(3))}][{near[0]}])"
            case "uniform":
                return "UniformInt(0, 2)"
            case "list":
                return "Uniform([0, 2, 2])"
            case _:
                chance = f"if {self.test(*near)} {{ 0.25 }} else {{ {self.one_of('0.5', '1')} }}"
                return f"Binomial(2, {chance})"

    def weight(self, *near: str) -> str:
        match self.one_of("weight", "condition", "observe", "if"):
            case "weight":
                return f"weight({self.number(*near)})"
            case "condition":
                return f"condition({self.test(*near)} or {self.test(*near)})"
            case "observe":
                return f"observe y[0] ~ {self.law(*near)}"
            case _:
                hidden = self.fresh("h")
                inner = (
                    f"{hidden} ~ Bernoulli(0.25); weight(if {hidden} {{ 2 }} else {{ {self.number(*near)} }})"
                )
                return f"if {self.test(*near)} {{ {inner} }} else {{ weight({self.number(*near)}) }}"

    def global_(self) -> None:
        name = self.fresh("g")
        near = self.known[-1:]
        self.lines.append(f"{name} ~ {self.law(*near)}")
        self.known.append(name)
        self.paths *= 3

    def kept(self, place: str) -> str:
        """A draw of `x` that depends on no other."""
        self.paths *= 2
        return f"{place} ~ Bernoulli({self.one_of('0.25', '0.5')})"

    def plate(self) -> None:
        name, rounds = self.fresh("p"), 1 + self.below(2)
        drawn = f"{name}[i]"
        body = [f"{drawn} ~ {self.law(*self.known[-1:])}", self.weight(drawn)]
        if self.below(2):
            place = self.fresh("x")
            body.insert(self.below(2), self.kept(f"{place}[i]"))
            body.append(f"weight(if int({place}[i]) == {drawn} {{ 2 }} else {{ 1 }})")
            self.paths *= 2 ** (rounds - 1)
        if self.below(2):
            local = self.fresh("l")
            body += [f"{local} ~ {self.law(drawn)}", self.weight(local, drawn)]
            self.paths *= 3**rounds
        self.paths *= 3**rounds
        self.lines.append(f"for i in 0..{rounds} {{ {'; '.join(body)} }}")

    def chain(self) -> None:
        name, lag, last = self.fresh("c"), 1 + self.below(2), 1 + self.below(2)
        before = [f"{name}[{k}]" for k in range(lag)]
        for k, place in enumerate(before):
            self.lines.append(
                f"{place} ~ {'Categorical([0.25, 0.25, 0.5])' if k == 0 else self.chained(before[0])}"
            )
        near = [f"{name}[t-{k}]" for k in range(1, lag + 1)]
        body = [f"{name}[t] ~ {self.chained(*near)}", self.weight(f"{name}[t]", *near)]
        self.lines.append(f"for t in {lag}..{lag + last} {{ {'; '.join(body)} }}")
        self.lines.append(self.weight(f"{name}[{lag + last - 1}]"))
        self.paths *= 3 ** (lag + last)

    def carried(self) -> None:
        """A variable that goes from round to round."""
        name, element, rounds = self.fresh("v"), self.fresh("e"), 1 + self.below(3)
        drawn = f"{element}[t]"
        self.lines.append(f"var {name} = {self.one_of('0', '1', *self.known)}")
        closed = (
            f"{name} = {self.choice(name, self.one_of('0', '2', drawn), name, drawn)}",
            f"{name} = min({name} + {drawn}, 2)",
            f"if {name} < 2 and {self.test(name, drawn)} {{ {name} = {self.one_of('1', f'{name} + 1')} }}",
        )
        growing = (
            f"{name} = {name} + {drawn}",
            f"if {self.test(name, drawn)} {{ {name} = {self.one_of('1', f'{name} - 1')} }}",
        )
        grows = self.below(2)
        law = self.law() if self.below(2) else self.chained(name)
        body = [f"{drawn} ~ {law}", self.one_of(*(growing if grows else closed)), self.weight_(name, drawn)]
        if self.below(2):
            body.insert(1, self.weight_(name, drawn))
        self.lines.append(f"for t in 0..{rounds} {{ {'; '.join(body)} }}")
        self.lines.append(self.weight_(name))
        if not grows:
            self.known.append(name)
        self.paths *= 3**rounds

    def weight_(self, *near: str) -> str:
        """A weight that is defined for any integers."""
        return self.one_of(f"weight({self.number(*near)})", f"condition({self.test(*near)} or y[0] == 1)")

    def chained(self, *near: str) -> str:
        """A law of 0, 1 and 2 in this order, whatever it depends on."""
        rows = ("[0.5, 0.25, 0.25]", "[0.25, 0.75, 0]", "[0, 0, 1]")
        return f"Categorical({self.choice(self.one_of(*rows), self.one_of(*rows), *near)})"


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """A body of globals, plates and chains, of at most some thousand paths."""
    writer = _Writer(draw)
    writer.lines.append(writer.kept("x"))
    for _ in range(1 + writer.below(4)):
        if writer.paths > 60:
            break
        match writer.one_of("global", "plate", "chain", "carried"):
            case "global":
                writer.global_()
            case "plate":
                writer.plate()
            case "carried":
                writer.carried()
            case _:
                writer.chain()
        if not writer.below(3):
            writer.lines.append(writer.weight(*writer.known[-1:]))
    return "\n".join(writer.lines)
