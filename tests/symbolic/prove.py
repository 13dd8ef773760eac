#!/usr/bin/env python3
"""Proves the statements of a library: runs its compiled code with symbols as operands.

A statement is proved if every path returns, and if the solver says that no operand leads to a panic. Anything else is a
failure: a path that ends in another way, an answer that the solver does not know, an address that depends on an operand.

The controls are false statements. For each of them, the script must find operands with which the compiled code really
panics.
"""

import argparse
import ctypes
import logging
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

# While it is imported, angr warns of optional parts that are not installed.
logging.disable()

import angr
import claripy
import z3
from angr.concretization_strategies.base import SimConcretizationStrategy
from angr.concretization_strategies.solutions import SimConcretizationStrategySolutions
from angr.engines import HeavyResilienceMixin, HeavyVEXMixin, HooksMixin, SimEngineFailure, SimInspectMixin

OPERANDS = 0x10000000
LIMB = 2**60 - 1
# A column is the sum of at most 13 products of two limbs.
COLUMN = 13 * LIMB**2


@dataclass
class Words:
    """An operand in memory: so many words of so many bits, each from `least` to `most`."""

    count: int
    bits: int
    most: int
    least: int = 0


@dataclass
class Statement:
    function: str
    operands: list
    # What the control leaves out, or None for a statement that has to be true.
    control: str | None = None
    # What to replace by any number up to its bound: "products", "sums".
    forget: tuple = ()


LIMBS = Words(13, 64, LIMB)
KEY = Words(96, 8, 255)
EXPONENT = Words(20, 8, 255)
BOTH = ("products", "sums")
WORDS = Words(13, 64, 2**64 - 1)
STATEMENTS = [
    Statement("p_is_subtracted_once_or_not_at_all", [LIMBS]),
    Statement("a_key_is_acceptable_from_2_to_p_minus_2", [KEY]),
    Statement("bytes_survive_as_limbs", [KEY]),
    Statement("selection_is_by_index", [Words(52, 64, 2**64 - 1), Words(1, 64, 2**63 - 1)]),
    Statement("indices_have_every_bit_once", [EXPONENT]),
    Statement("digits_are_the_exponent", [EXPONENT]),
    Statement("reductions_fit", [Words(25, 128, COLUMN)], forget=BOTH),
    Statement("products_fit", [LIMBS, LIMBS], forget=BOTH),
    Statement("squares_fit", [LIMBS], forget=BOTH),
    Statement("p_is_subtracted_once_or_not_at_all", [Words(13, 64, 2**60)], control="limbs up to 2^60"),
    Statement("selection_is_by_index", [Words(52, 64, 2**64 - 1), Words(1, 64, 2**63)], control="index up to 2^63"),
    Statement("reductions_fit", [Words(25, 128, 2**128 - 1)], control="any columns", forget=BOTH),
    # A factor that is a power of two leaves a sum to solve, without products.
    Statement("products_fit", [Words(13, 64, 2**63, 2**63), WORDS], control="limbs from 2^60"),
    Statement("squares_fit", [Words(13, 64, 2**63 - 1, 2**63 - 1)], control="limbs below 2^63"),
    Statement("control_a_key_is_acceptable_from_2_to_p_minus_1", [KEY], control="false"),
    Statement("control_a_borrow_passes_a_limb_of_zero", [LIMBS, LIMBS], control="false"),
    Statement("control_bytes_survive_as_words", [KEY], control="false"),
    Statement("control_bits_are_read_once", [EXPONENT], control="false"),
    Statement("control_the_last_digit_is_below_15", [EXPONENT], control="false"),
]


class NotProved(angr.errors.AngrError):
    """The script cannot follow this."""


# The most that a symbol can be.
MOST = {}


def symbol(name, bits, most):
    """Any number of so many bits up to `most`."""
    free = max(most.bit_length(), 1)
    number = claripy.BVS(name, free)
    MOST[number.args[0]] = most
    return number.zero_extend(bits - free)


def most(ast):
    """A number that the value of the expression does not exceed."""
    ceiling = 2 ** len(ast) - 1
    match ast.op:
        case "BVV":
            return ast.args[0]
        case "BVS":
            return MOST.get(ast.args[0], ceiling)
        case "__add__":
            total = sum(map(most, ast.args))
            return total if total <= ceiling else ceiling
        case "__and__":
            return min(map(most, ast.args))
        case "If":
            return max(most(ast.args[1]), most(ast.args[2]))
        case "ZeroExt":
            return most(ast.args[1])
        case "Extract":
            return min(most(ast.args[2]) >> ast.args[1], ceiling)
        case "Concat":
            total = 0
            for part in ast.args:
                total = (total << len(part)) + most(part)
            return total
        case "__lshift__" if ast.args[1].op == "BVV":
            shifted = most(ast.args[0]) << ast.args[1].args[0]
            return shifted if shifted <= ceiling else ceiling
        case "LShR" if ast.args[1].op == "BVV":
            return most(ast.args[0]) >> ast.args[1].args[0]
    return ceiling


def ask(state, *conditions):
    """Z3's model of operands that lead to this state and meet the conditions, or None if there are none.

    Each question gets a new solver, because Z3 is faster if it knows the whole question.
    """
    conditions = (*state.solver.constraints, *conditions)
    symbols = {leaf for condition in conditions for leaf in condition.leaf_asts() if leaf.op == "BVS"}
    limits = [claripy.ULE(leaf, MOST[leaf.args[0]]) for leaf in symbols if leaf.args[0] in MOST]
    solver = z3.SolverFor("QF_BV", ctx=claripy.backends.z3._context)
    solver.add(*(claripy.backends.z3.convert(part) for part in (*conditions, *limits)))
    answer = solver.check()
    if answer == z3.unknown:
        raise NotProved(f"the solver does not know: {solver.reason_unknown()}")
    return solver.model() if answer == z3.sat else None


class Engine(SimEngineFailure, HooksMixin, SimInspectMixin, HeavyResilienceMixin, HeavyVEXMixin):
    """Without system calls. A statement can ask to replace products or sums of words by any number up to a bound.

    What holds for all these numbers also holds for the real one.
    """

    def _perform_vex_stmt_Exit(self, guard, target, jumpkind):
        """Decides every branch. If only one side is possible, the path gets no new condition."""
        if guard.symbolic:
            if ask(self.state, guard == 1) is None:
                guard = claripy.BVV(0, 1)
            elif ask(self.state, guard == 0) is None:
                guard = claripy.BVV(1, 1)
        # The check of an alignment is an exit that is never taken.
        if jumpkind != "Ijk_Boring" and not claripy.is_false(guard == 1):
            raise NotProved(f"an exit by {jumpkind}")
        super()._perform_vex_stmt_Exit(guard, target, jumpkind)

    def _perform_vex_defaultexit(self, expr, jumpkind):
        if jumpkind not in ("Ijk_Boring", "Ijk_Call", "Ijk_Ret"):
            raise NotProved(f"an exit by {jumpkind}")
        super()._perform_vex_defaultexit(expr, jumpkind)

    def _perform_vex_expr_Op(self, op, args):
        forget = self.state.globals["forget"] if any(arg.symbolic for arg in args) else ()
        if "products" in forget and op == "Iop_MullU64":
            return symbol("product", 128, most(args[0]) * most(args[1]))
        result = super()._perform_vex_expr_Op(op, args)
        # The flags still come from the two numbers, not from this result.
        if "sums" in forget and op == "Iop_Add64":
            return symbol("sum", 64, most(result))
        return result


class NoSymbolicAddress(SimConcretizationStrategy):
    """Follows the strategy that finds every address, if there are few."""

    def _concretize(self, memory, addr, **kwargs):
        raise NotProved("an address depends on an operand")


class Procedure(angr.SimProcedure):
    """One of the functions of the C library that the statements call."""

    def constant(self, value):
        if value.symbolic:
            raise NotProved("a length or an address depends on an operand")
        return value.concrete_value

    def bytes(self, address, count):
        return self.state.memory.load(self.constant(address), count) if count else claripy.BVV(0, 8)


class Copy(Procedure):
    """Copies words, because the rest of the code reads and writes words."""

    def run(self, to, source, count):
        source, count = self.constant(source), self.constant(count)
        words = [(at, min(8, count - at)) for at in range(0, count, 8)]
        values = [self.state.memory.load(source + at, size, endness="Iend_LE") for at, size in words]
        for (at, _), value in zip(words, values):
            self.state.memory.store(self.constant(to) + at, value, endness="Iend_LE")
        return to


class Fill(Procedure):
    def run(self, to, value, count):
        for n in range(self.constant(count)):
            self.state.memory.store(self.constant(to) + n, value[7:0])
        return to


class Compare(Procedure):
    """Returns any number that has the right sign."""

    def run(self, a, b, count):
        count = self.constant(count)
        a, b = self.bytes(a, count), self.bytes(b, count)
        order = claripy.BVS("order", 32)
        self.state.add_constraints((order == 0) == (a == b), claripy.SLT(order, 0) == claripy.ULT(a, b))
        # The upper half of the register may hold anything.
        return claripy.BVS("above", 32).concat(order)


PROCEDURES = {"memcpy": Copy, "memmove": Copy, "memset": Fill, "memcmp": Compare, "bcmp": Compare}


class Prover:
    def __init__(self, library):
        self.library = library
        self.project = angr.Project(library, auto_load_libs=False, use_sim_procedures=False, engine=Engine)
        for name, procedure in PROCEDURES.items():
            if self.project.loader.find_symbol(name):
                self.project.hook_symbol(name, procedure())
        symbols = self.project.loader.main_object.symbols
        (self.panic,) = {symbol.rebased_addr for symbol in symbols if "rust_begin_unwind" in symbol.name}

    def start(self, statement):
        """The state at the first instruction, and the words of each operand."""
        addresses = [OPERANDS + n * 0x1000 for n in range(len(statement.operands))]
        function = self.project.loader.find_symbol(statement.function).rebased_addr
        state = self.project.factory.call_state(function, *addresses)
        state.globals["forget"] = statement.forget
        state.options.add(angr.options.LAZY_SOLVES)
        state.memory.read_strategies = [SimConcretizationStrategySolutions(8), NoSymbolicAddress()]
        state.memory.write_strategies = [NoSymbolicAddress()]
        state.inspect.b("simprocedure", when=angr.BP_BEFORE, action=refuse_unknown_procedures)
        operands = []
        for address, operand in zip(addresses, statement.operands):
            words = [self.word(operand) for _ in range(operand.count)]
            for n, word in enumerate(words):
                state.memory.store(address + n * operand.bits // 8, word, endness="Iend_LE")
            operands.append(words)
        return state, operands

    def word(self, operand):
        if operand.least == operand.most:
            return claripy.BVV(operand.most, operand.bits)
        return symbol("word", operand.bits, operand.most)

    def run(self, statement):
        """The number of paths that return, and operands that lead to a panic, if any."""
        state, operands = self.start(statement)
        if ask(state) is None:
            raise NotProved("no operands are as it asks for")
        paths = self.project.factory.simulation_manager(state)
        paths.populate("returned", [])
        paths.populate("panicked", [])
        returned = self.project.simos.return_deadend
        # A control needs no more than one panic.
        until = (lambda paths: paths.panicked) if statement.control else (lambda paths: False)
        while paths.active and not until(paths):
            paths.step()
            paths.move("active", "returned", lambda path: path.addr == returned)
            paths.move("active", "panicked", lambda path: path.addr == self.panic)
        for path in paths.panicked:
            if (model := ask(path)) is not None:
                return len(paths.returned), [values(model, words) for words in operands]
        if paths.errored:
            raise NotProved(f"{paths.errored[0].error!r} at {paths.errored[0].state}")
        left = {name: len(stash) for name, stash in paths.stashes.items() if stash and name not in ("returned", "unsat")}
        if left or not paths.returned:
            raise NotProved(f"paths are left over: {left}")
        return len(paths.returned), None


def values(model, words):
    """The bytes of an operand in memory."""
    asts = [(claripy.backends.z3.convert(word), len(word) // 8) for word in words]
    return b"".join(model.eval(ast, model_completion=True).as_long().to_bytes(size, "little") for ast, size in asts)


def refuse_unknown_procedures(state):
    if state.inspect.simprocedure_name not in [procedure.__name__ for procedure in PROCEDURES.values()]:
        raise NotProved(f"a call of {state.inspect.simprocedure_name}")


def panics(library, function, operands):
    """Whether a call of the function by the processor ends with an abort."""
    command = [sys.executable, __file__, library, "--call", function, *(operand.hex() for operand in operands)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return ended.returncode == -signal.SIGABRT and "panicked at" in ended.stderr


def call(library, function, *operands):
    buffers = [ctypes.create_string_buffer(bytes.fromhex(operand)) for operand in operands]
    getattr(ctypes.CDLL(library), function)(*buffers)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library")
    parser.add_argument("--call", nargs="+", help="run the function with these operands, in hexadecimal")
    parser.add_argument("--only", default="", help="a part of the name of the statements to try")
    arguments = parser.parse_args()
    if arguments.call:
        return call(arguments.library, *arguments.call)
    prover = Prover(arguments.library)
    failures = 0
    for statement in STATEMENTS:
        if arguments.only not in statement.function:
            continue
        start = time.monotonic()
        try:
            paths, operands = prover.run(statement)
            if operands is None:
                result, failed = "proved", bool(statement.control)
            else:
                real = panics(arguments.library, statement.function, operands)
                found = " ".join(operand.hex() for operand in operands)
                result = f"refuted by {found}" + ("" if real else ", but the processor does not panic")
                failed = not (statement.control and real)
        except NotProved as error:
            paths, result, failed = 0, f"not proved: {error}", True
        failures += failed
        name = statement.function + (f" ({statement.control})" if statement.control else "")
        seconds = time.monotonic() - start
        print(f"{'FAILED' if failed else 'ok'}: {name}: {paths} paths, {result}, {seconds:.0f} s", flush=True)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
