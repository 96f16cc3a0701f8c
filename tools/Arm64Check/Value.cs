// What the registers hold at each instruction, as far as it can be told without running the code: where a value came from.

using System.Linq;

namespace Nvmepf.Arm64Check;

/// <summary>Where a value came from.</summary>
public enum ValueKind
{
    /// <summary>Not known; two unknown values are the same only if one was copied from the other.</summary>
    Unknown,

    /// <summary>The address of a symbol.</summary>
    Symbol,

    /// <summary>Loaded from memory.</summary>
    Load,

    /// <summary>A constant.</summary>
    Constant,

    /// <summary>The stack pointer or frame pointer.</summary>
    Stack,
}

/// <summary>A value: its origin and what has been added to it since.</summary>
/// <param name="Kind">Kind of the origin.</param>
/// <param name="Origin">Names the origin: a symbol, or the instruction that made the value.</param>
/// <param name="Offset">What has been added; null where that is not constant.</param>
public sealed record Value(ValueKind Kind, string Origin, long? Offset)
{
    /// <summary>For <see cref="ValueKind.Load"/>: the address it was loaded from.</summary>
    public Value? From { get; init; }

    /// <summary>The same value with something added to it.</summary>
    public Value Plus(long? amount) => this with { Offset = Offset is { } offset && amount is { } more ? offset + more : null };

    /// <inheritdoc/>
    public bool Equals(Value? other) => other is not null && Kind == other.Kind && Origin == other.Origin && Offset == other.Offset;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Origin, Offset);
}

/// <summary>The registers, and the stack slots that values were put aside in, at one point of a function.</summary>
public sealed class MachineState
{
    private const int Registers = 31;
    private const int CallerSavedRegisters = 19; // x0 to x17 by the calling convention; x18 is the platform's

    private readonly Value?[] _values = new Value?[Registers];
    private readonly Dictionary<long, Value> _slots = [];

    /// <summary>The state at a function's start.</summary>
    public static MachineState AtEntry()
    {
        MachineState state = new();
        for (int i = 0; i < Registers; i++)
        {
            state._values[i] = i == 29 ? new Value(ValueKind.Stack, "frame", 0) : new Value(ValueKind.Unknown, $"entry x{i}", 0);
        }

        return state;
    }

    /// <summary>A copy.</summary>
    public MachineState Copy()
    {
        MachineState copy = new();
        _values.CopyTo(copy._values, 0);
        foreach ((long offset, Value value) in _slots)
        {
            copy._slots[offset] = value;
        }

        return copy;
    }

    /// <summary>Keeps what both agree on.</summary>
    /// <returns>True where this state has changed.</returns>
    public bool Merge(MachineState other, string place)
    {
        bool changed = false;
        for (int i = 0; i < Registers; i++)
        {
            Value? merged = Merge(_values[i], other._values[i], $"{place} x{i}");
            changed |= !Equals(merged, _values[i]);
            _values[i] = merged;
        }

        foreach (long offset in _slots.Keys.ToArray())
        {
            Value? merged = other._slots.TryGetValue(offset, out Value? value) && value.Equals(_slots[offset]) ? value : null;
            if (merged is null)
            {
                _ = _slots.Remove(offset);
                changed = true;
            }
        }

        return changed;
    }

    /// <summary>The value of a register operand; null for the zero register and for vectors.</summary>
    public Value? Get(string register) => Number(register) is { } number ? _values[number] : IsStack(register) ? Stack : null;

    /// <summary>Sets a register operand; nothing for the zero register, vectors and the stack pointer.</summary>
    public void Set(string register, Value value)
    {
        if (Number(register) is { } number)
        {
            _values[number] = value;
        }
    }

    /// <summary>What a call leaves: the callee-saved registers, and a result.</summary>
    public void AfterCall(ulong address)
    {
        // Who gets the address of a local may change it.
        if (_values.Take(8).Any(value => value is { Kind: ValueKind.Stack }))
        {
            _slots.Clear();
        }

        for (int i = 0; i < CallerSavedRegisters; i++)
        {
            _values[i] = new Value(ValueKind.Unknown, $"call {address:x} x{i}", 0);
        }
    }

    /// <summary>Remembers what a stack slot holds.</summary>
    public void PutAside(long offset, Value? value)
    {
        if (value is null)
        {
            _ = _slots.Remove(offset);
        }
        else
        {
            _slots[offset] = value;
        }
    }

    /// <summary>What a stack slot holds, if that is known.</summary>
    public Value? TakeBack(long offset) => _slots.GetValueOrDefault(offset);

    private static Value Stack { get; } = new(ValueKind.Stack, "frame", 0);

    private static bool IsStack(string register) => register is "sp" or "wsp";

    private static int? Number(string register) =>
        register.Length is 2 or 3 && register[0] is 'x' or 'w' && int.TryParse(register.AsSpan(1), out int number) && number < Registers ? number : null;

    private static Value? Merge(Value? a, Value? b, string place)
    {
        if (Equals(a, b))
        {
            return a;
        }

        // A pointer that a loop moves on still comes from where it came from.
        return a is not null && b is not null && a.Kind == b.Kind && a.Origin == b.Origin
            ? a with { Offset = null }
            : new Value(ValueKind.Unknown, "join " + place, 0);
    }
}
