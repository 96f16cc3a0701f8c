using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// One thing that commands shall do wrong, for people who write host drivers: which commands, what happens to them, how often. Made by a control
/// thread and never changed, but for the count.
/// </summary>
public sealed class InjectionRule
{
    private long _remaining;

    /// <summary>Creates a rule.</summary>
    /// <param name="count">How many commands it is for; 0 for any number.</param>
    public InjectionRule(long count)
    {
        Count = count;
        _remaining = count == 0 ? long.MaxValue : count;
    }

    /// <summary>Its number, by which it is removed.</summary>
    public int Number { get; init; }

    /// <summary>Commands that it is for; 0 for any number.</summary>
    public long Count { get; }

    /// <summary>Commands that it was applied to.</summary>
    public long Applied => (Count == 0 ? long.MaxValue : Count) - Math.Max(0, Volatile.Read(ref _remaining));

    /// <summary>NSID, or 0 for every namespace.</summary>
    public uint NamespaceId { get; init; }

    /// <summary>Opcode of the NVM command set, or -1 for every one.</summary>
    public int Opcode { get; init; } = -1;

    /// <summary>First logical block of the range that a command has to touch.</summary>
    public ulong FirstLba { get; init; }

    /// <summary>Last logical block of the range, inclusive.</summary>
    public ulong LastLba { get; init; } = ulong.MaxValue;

    /// <summary>Status that the command ends with; success lets it go on after the delay.</summary>
    public StatusCode StatusCode { get; init; }

    /// <summary>The status says that trying again is of no use.</summary>
    public bool IsDoNotRetry { get; init; }

    /// <summary>How long the command waits before anything else happens to it.</summary>
    public long DelayNanoseconds { get; init; }

    /// <summary>
    /// Whether the rule is for a command, which is then counted. Several reactors may ask at the same moment; no more commands than the count are admitted.
    /// </summary>
    internal bool Takes(in CommandSlot slot, byte opcode, bool hasRange)
    {
        if ((NamespaceId != 0 && slot.Entry.NamespaceIdentifier != NamespaceId) || (Opcode >= 0 && opcode != Opcode) || Volatile.Read(ref _remaining) <= 0)
        {
            return false;
        }

        bool isWholeDisk = FirstLba == 0 && LastLba == ulong.MaxValue;
        if (!isWholeDisk && (!hasRange || !Touches(slot.Entry.StartingLba, slot.Entry.Cdw12 & 0xFFFF)))
        {
            return false;
        }

        return Count == 0 ? Interlocked.Decrement(ref _remaining) > 0 : Interlocked.Decrement(ref _remaining) >= 0;
    }

    private bool Touches(ulong first, uint blocksZeroBased)
    {
        ulong last = first > ulong.MaxValue - blocksZeroBased ? ulong.MaxValue : first + blocksZeroBased;
        return first <= LastLba && last >= FirstLba;
    }
}

/// <summary>
/// The rules of one controller. Control threads put a new list in the place of the old one; reactors read whichever is there. With no rules a
/// command pays one load and one branch.
/// </summary>
public sealed class InjectionRules
{
    /// <summary>Rules at a time.</summary>
    public const int RulesMax = 16;

    private readonly Lock _writers = new();
    private InjectionRule[]? _rules;
    private int _nextNumber = 1;

    /// <summary>True where there is any rule.</summary>
    public bool IsAny => Volatile.Read(ref _rules) is not null;

    /// <summary>The rules in the order in which they are tried.</summary>
    public IReadOnlyList<InjectionRule> List => Volatile.Read(ref _rules) ?? [];

    /// <summary>Adds a rule; for control threads.</summary>
    /// <param name="create">Makes it with its number.</param>
    /// <returns>Null where there are too many.</returns>
    public InjectionRule? Add(Func<int, InjectionRule> create)
    {
        lock (_writers)
        {
            if (List.Count == RulesMax)
            {
                return null;
            }

            InjectionRule rule = create(_nextNumber++);
            Volatile.Write(ref _rules, [.. List, rule]);
            return rule;
        }
    }

    /// <summary>Removes a rule by its number, or all of them; for control threads.</summary>
    /// <returns>How many were removed.</returns>
    public int Remove(int? number)
    {
        lock (_writers)
        {
            List<InjectionRule> kept = [.. List];
            int removed = kept.RemoveAll(rule => number is null || rule.Number == number);
            Volatile.Write(ref _rules, kept.Count == 0 ? null : [.. kept]);
            return removed;
        }
    }

    /// <summary>The first rule that is for a command; for reactors.</summary>
    internal InjectionRule? Match(in CommandSlot slot)
    {
        InjectionRule[]? rules = Volatile.Read(ref _rules);
        if (rules is null)
        {
            return null;
        }

        byte opcode = slot.Entry.Cdw0.Opcode;
        bool hasRange = HasRange(opcode);
        foreach (InjectionRule rule in rules)
        {
            if (rule.Takes(in slot, opcode, hasRange))
            {
                return rule;
            }
        }

        return null;
    }

    /// <summary>Commands whose SLBA and NLB stand in dwords 10 to 12 (NVM Command Set 1.1 section 3.2).</summary>
    private static bool HasRange(byte opcode) => (NvmOpcode)opcode is NvmOpcode.Write or NvmOpcode.Read or NvmOpcode.Compare
        or NvmOpcode.WriteZeroes or NvmOpcode.Verify or NvmOpcode.WriteUncorrectable;
}
