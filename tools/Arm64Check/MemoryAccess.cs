namespace Nvmepf.Arm64Check;

/// <summary>A load or store, taken apart: which registers, from which address.</summary>
/// <param name="IsLoad">A load; otherwise a store.</param>
/// <param name="Registers">The registers that are loaded or stored.</param>
/// <param name="Base">The register of the address.</param>
/// <param name="Offset">The constant in the address; null where a register is added.</param>
/// <param name="WriteBack">What is added to the base register; 0 for most.</param>
public sealed record MemoryAccess(bool IsLoad, string[] Registers, string Base, long? Offset, long WriteBack)
{
    /// <summary>Takes an instruction apart; only for those with <see cref="Instruction.IsMemoryAccess"/>.</summary>
    public static MemoryAccess Of(Instruction instruction)
    {
        string[] parts = instruction.Parts;
        int at = Array.FindIndex(parts, part => part.StartsWith('['));
        bool isPreIndexed = parts[at].EndsWith('!');
        string[] inside = parts[at].Trim('[', ']', '!').Split(',', StringSplitOptions.TrimEntries);
        long? offset = inside.Length == 1 ? 0 : Instruction.Number(inside[1]) is { } number && inside[1].StartsWith('#') ? number : null;
        long writeBack = isPreIndexed ? offset ?? 0 : at + 1 < parts.Length ? Instruction.Number(parts[at + 1]) ?? 0 : 0;
        bool isLoad = instruction.Mnemonic.StartsWith("ld", StringComparison.Ordinal) || !instruction.Mnemonic.StartsWith("st", StringComparison.Ordinal);
        return new MemoryAccess(isLoad, parts[..at], inside[0], offset, writeBack);
    }

    /// <summary>What the access does to the registers that are followed.</summary>
    internal static void Execute(Instruction instruction, MachineState state)
    {
        MemoryAccess access = Of(instruction);
        Value? address = state.Get(access.Base)?.Plus(access.Offset);
        int width = access.Registers[0].StartsWith('w') ? 4 : access.Registers[0].StartsWith('q') ? 16 : 8;
        bool isStack = address is { Kind: ValueKind.Stack, Offset: not null } && access.WriteBack == 0;
        for (int i = 0; i < access.Registers.Length; i++)
        {
            Value? place = address?.Plus(i * width);
            if (!access.IsLoad)
            {
                if (isStack)
                {
                    state.PutAside(place!.Offset!.Value, state.Get(access.Registers[i]));
                }
            }
            else if (instruction.Mnemonic.StartsWith("stx", StringComparison.Ordinal) || place is null)
            {
                state.Set(access.Registers[i], Flow.Unknown(instruction, i));
            }
            else
            {
                Value? kept = isStack ? state.TakeBack(place.Offset!.Value) : null;
                Value loaded = new(ValueKind.Load, $"load {instruction.Address:x}.{i}", 0) { From = place };
                state.Set(access.Registers[i], kept ?? loaded);
            }
        }

        if (access.WriteBack != 0 && state.Get(access.Base) is { Kind: not ValueKind.Stack } moved)
        {
            state.Set(access.Base, moved.Plus(access.WriteBack));
        }
    }
}
