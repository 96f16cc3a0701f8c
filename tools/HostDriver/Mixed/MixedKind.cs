using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Mixed;

/// <summary>What a slot of the mixed workload is doing.</summary>
internal enum MixedKind : byte
{
    Idle,
    Read,
    Write,
    Compare,
    CompareWrong,
    Verify,
    WriteZeroes,
    Deallocate,
    Flush,
    OutOfRange,
    BadPrp,
    InvalidOpcode,
    Identify,
    GetLogPage,
    GetFeatures,
    SetFeatures,
    Abort,
    BadIdentify,
    InvalidAdminOpcode,
}

/// <summary>One command of the mixed workload on its way: its memory, what it works on, and what has to come of it.</summary>
internal sealed class MixedSlot
{
    /// <summary>Memory for data, with room for any offset in its first page.</summary>
    internal required HostBuffer Memory { get; init; }

    /// <summary>Memory for PRP lists, SGL segments and ranges.</summary>
    internal required HostBuffer Lists { get; init; }

    internal MixedKind Kind { get; set; }

    /// <summary>The data inside <see cref="Memory"/>.</summary>
    internal HostBuffer Data { get; set; }

    /// <summary>First block in the tracked range.</summary>
    internal int Block { get; set; }

    /// <summary>Blocks in the tracked range that are locked for this command; 0 when none are.</summary>
    internal int BlockCount { get; set; }

    /// <summary>Generation that a write puts there.</summary>
    internal uint Generation { get; set; }

    /// <summary>What the command has to end with.</summary>
    internal StatusCode Expected { get; set; }

    /// <summary>Dword 10 of the command, for words about it.</summary>
    internal uint Cdw10 { get; set; }
}

/// <summary>What the tracked blocks hold, and which are in use by a command.</summary>
internal sealed class BlockMap
{
    /// <summary>Set in a generation: the block may read as zeros instead, since it was deallocated, which is a hint.</summary>
    internal const uint MaybeZero = 0x8000_0000;

    private readonly uint[] _generations;
    private readonly bool[] _locked;

    internal BlockMap(int blockCount)
    {
        _generations = new uint[blockCount];
        _locked = new bool[blockCount];
    }

    internal int BlockCount => _generations.Length;

    internal uint this[int block] => _generations[block];

    /// <summary>Locks a range; false, and nothing locked, when a part of it is in use.</summary>
    internal bool TryLock(int block, int count)
    {
        if (_locked.AsSpan(block, count).Contains(true))
        {
            return false;
        }

        _locked.AsSpan(block, count).Fill(true);
        return true;
    }

    internal void Unlock(int block, int count) => _locked.AsSpan(block, count).Clear();

    internal void Set(int block, int count, uint generation) => _generations.AsSpan(block, count).Fill(generation);

    internal void MarkMaybeZero(int block, int count)
    {
        for (int i = block; i < block + count; i++)
        {
            _generations[i] |= _generations[i] == 0 ? 0 : MaybeZero;
        }
    }

    /// <summary>Whether every block of a range holds one certain thing.</summary>
    internal bool IsCertain(int block, int count)
    {
        foreach (uint generation in _generations.AsSpan(block, count))
        {
            if ((generation & MaybeZero) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
