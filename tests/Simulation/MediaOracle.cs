// Which values a read of a block may return. Every write has a number of its own, and its data tells number and block. A value can be seen
// from the moment that its write is submitted until another write of the block, begun after this one had ended, has ended well. What is
// under way at a reset, or ends with an error, may or may not have happened.
using System.Runtime.InteropServices;

namespace Nvmepf.Tests.Simulation;

internal sealed class MediaOracle
{
    /// <summary>Number of the "write" that makes blocks zero, the state at the start included.</summary>
    public const uint Zeroes = 0;

    private const int ValuesMax = 40;
    private const long Never = long.MaxValue;
    private readonly Value[] _values;
    private readonly int[] _counts;
    private readonly long[] _unknownUntil;
    private readonly bool[] _isLost;
    private readonly int[] _lostOpen; // writes under way that are not in the list
    private readonly long[] _lostEnded;
    private long _now;

    public MediaOracle(int blocks)
    {
        _values = new Value[blocks * ValuesMax];
        _counts = new int[blocks];
        _unknownUntil = new long[blocks];
        _isLost = new bool[blocks];
        _lostOpen = new int[blocks];
        _lostEnded = new long[blocks];
        for (int block = 0; block < blocks; block++)
        {
            _values[block * ValuesMax] = new Value { Write = Zeroes, Begun = -1, Ended = 0, Until = Never };
            _counts[block] = 1;
        }
    }

    /// <summary>Some block had more writes under way than there is room for, and was not checked for a while.</summary>
    public bool HasLostTrack { get; private set; }

    /// <summary>When the oldest command that is under way began: what nobody could see since then is forgotten.</summary>
    public long OldestBegun { get; set; }

    /// <summary>A moment; each is later than all before.</summary>
    public long Tick() => ++_now;

    /// <summary>A write was submitted; its moment.</summary>
    public long BeginWrite(uint write, int firstBlock, int count)
    {
        long begun = Tick();
        for (int block = firstBlock; block < firstBlock + count; block++)
        {
            Prune(block);
            if (_counts[block] == ValuesMax)
            {
                _isLost[block] = HasLostTrack = true; // too much at a time to keep book of
                _lostOpen[block]++;
                continue;
            }

            _values[(block * ValuesMax) + _counts[block]++] = new Value { Write = write, Begun = begun, Ended = Never, Until = Never };
        }

        return begun;
    }

    /// <summary>It ended, well or not.</summary>
    public void EndWrite(long begun, int firstBlock, int count, bool isSuccess)
    {
        long now = Tick();
        for (int block = firstBlock; block < firstBlock + count; block++)
        {
            if (isSuccess && _unknownUntil[block] == Never)
            {
                _unknownUntil[block] = now; // what else is under way is in the list as well
            }

            bool isListed = false;
            for (int i = 0; i < _counts[block]; i++)
            {
                ref Value value = ref _values[(block * ValuesMax) + i];
                if (value.Begun == begun)
                {
                    isListed = true;
                    value.Ended = now;
                }
                else if (isSuccess && value.Ended < begun && value.Until == Never)
                {
                    value.Until = now;
                }
            }

            FindAgain(block, begun, now, isListed, isSuccess);
        }
    }

    /// <summary>A block is known again after a write that began when every one that was not listed had ended.</summary>
    private void FindAgain(int block, long begun, long now, bool isListed, bool isSuccess)
    {
        if (!_isLost[block])
        {
            return;
        }

        if (!isListed)
        {
            _lostOpen[block]--;
            _lostEnded[block] = now;
        }
        else if (isSuccess && _lostOpen[block] == 0 && begun > _lostEnded[block])
        {
            _isLost[block] = false;
            _unknownUntil[block] = Math.Max(_unknownUntil[block], now);
        }
    }

    /// <summary>Anything may be in the blocks until they are written again (a host that broke the rules has itself to blame).</summary>
    public void ForgetAll() => Array.Fill(_unknownUntil, Never);

    /// <summary>True where a read that began then and ends now may have returned what the write left.</summary>
    public bool MayReturn(int block, long readBegun, uint write)
    {
        if (_unknownUntil[block] >= readBegun || _isLost[block])
        {
            return true;
        }

        for (int i = 0; i < _counts[block]; i++)
        {
            ref Value value = ref _values[(block * ValuesMax) + i];
            if (value.Write == write && value.Until >= readBegun)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True where it may have returned anything else.</summary>
    public bool MayReturnOther(int block, long readBegun, uint write)
    {
        for (int i = 0; i < _counts[block]; i++)
        {
            ref Value value = ref _values[(block * ValuesMax) + i];
            if (value.Write != write && value.Until >= readBegun)
            {
                return true;
            }
        }

        return _unknownUntil[block] >= readBegun || _isLost[block];
    }

    /// <summary>A value that the block may hold now, to compare with.</summary>
    public uint SomeValue(int block) => _values[(block * ValuesMax) + _counts[block] - 1].Write;

    /// <summary>The data that a write puts into a block.</summary>
    public static void Fill(Span<byte> data, uint write, int block)
    {
        if (write == Zeroes)
        {
            data.Clear();
            return;
        }

        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = Word(write, block, i);
        }
    }

    /// <summary>The write whose data this is; false where it is nobody's, or torn.</summary>
    public static bool TryRecognise(ReadOnlySpan<byte> data, int block, out uint write)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        write = (uint)words[0];
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] != (write == Zeroes ? 0 : Word(write, block, i)))
            {
                return false;
            }
        }

        return true;
    }

    // The low half names the write, so that it can be recognised; the high half tells block and place.
    private static ulong Word(uint write, int block, int index) => write | ((((ulong)(uint)block << 10) | (uint)index | 0x8000_0000) << 32);

    private void Prune(int block)
    {
        int kept = 0;
        for (int i = 0; i < _counts[block]; i++)
        {
            Value value = _values[(block * ValuesMax) + i];
            if (value.Until >= OldestBegun)
            {
                _values[(block * ValuesMax) + kept++] = value;
            }
        }

        _counts[block] = kept;
    }

    private struct Value
    {
        public uint Write;
        public long Begun;
        public long Ended;
        public long Until;
    }
}
