// Registered memory of a ring: chunks of 2 MiB that operations were seen to use, pinned one by one, so that the kernel need not look up and
// count their pages for each operation: of memory that stays as long as the ring, or by the owner's choice of any. What is registered are pages, not
// addresses: when other memory comes to an address, the chunks there have to be forgotten first. Not here: who decides that (the reactor does, by
// changes of a host memory map).

using System;
using System.Numerics;

namespace Nvmepf.Hal.Linux;

public sealed unsafe partial class IoUring
{
    /// <summary>Chunks that a ring can have: 32 GiB of memory that is used for transfers.</summary>
    public const int MemoryChunksMax = 16384;

    /// <summary>Length of a chunk in bytes.</summary>
    public const nuint MemoryChunkBytes = 1 << ChunkShift;

    private const int ChunkShift = 21;
    private const int NoPlace = -1;

    // Open addressing over the number of a chunk, at most half full; 0 is free, as no mapping is at address 0.
    private int _chunksMax;
    private int _hashBits;
    private nuint[] _chunkKeys = [];
    private MemoryChunk[] _chunks = [];
    private int _chunkCount; // keys, those that were refused included
    private int _registeredCount;
    private byte* _wantedMemory;
    private bool _isMemoryTableFull;

    /// <summary>Whether memory is registered at all.</summary>
    public bool HasMemoryTable => _chunkKeys.Length > 0;

    /// <summary>Whether that is for memory too whose owner may take it away; else for what stays as long as the ring, which is never forgotten.</summary>
    public bool TakesPassingMemory { get; private set; }

    /// <summary>Memory that an operation used and that is not registered, or null: for <see cref="RegisterMemory"/>, once a turn.</summary>
    public byte* WantedMemory => _wantedMemory;

    /// <summary>Whether there is <see cref="WantedMemory"/>.</summary>
    public bool WantsMemory => _wantedMemory != null;

    /// <summary>Chunks that are registered.</summary>
    public int RegisteredChunks => _registeredCount;

    /// <summary>Operations that used one.</summary>
    public ulong FixedTransfers { get; private set; }

    /// <summary>Makes the table; before <see cref="Start"/>, or on the owner's thread. Allocates.</summary>
    /// <param name="chunks">Most chunks that can be registered, at most <see cref="MemoryChunksMax"/>.</param>
    /// <param name="takesPassingMemory">What <see cref="TakesPassingMemory"/> shall be.</param>
    /// <returns>0 or a negated errno (-EINVAL before Linux 5.19): memory is used without registration then.</returns>
    public int OpenMemoryTable(int chunks = MemoryChunksMax, bool takesPassingMemory = true)
    {
        int result = RegisterBufferTable((uint)chunks);
        if (result == 0)
        {
            _chunksMax = chunks;
            _hashBits = BitOperations.Log2((uint)chunks) + 2;
            TakesPassingMemory = takesPassingMemory;
            _chunkKeys = new nuint[1 << _hashBits];
            _chunks = new MemoryChunk[1 << _hashBits];
        }

        return result;
    }

    /// <summary>The registered buffer that holds all of a range, or -1.</summary>
    public int FindMemory(byte* memory, uint lengthBytes)
    {
        if (_chunkKeys.Length == 0)
        {
            return NoPlace;
        }

        nuint key = (nuint)memory >> ChunkShift;
        int at = HashOf(key);
        while (_chunkKeys[at] != key)
        {
            if (_chunkKeys[at] == 0)
            {
                _wantedMemory = _isMemoryTableFull ? null : memory;
                return NoPlace;
            }

            at = (at + 1) & (_chunkKeys.Length - 1);
        }

        ref MemoryChunk chunk = ref _chunks[at];
        bool isInside = memory >= chunk.First && lengthBytes <= (ulong)(chunk.End - memory) && memory < chunk.End;
        FixedTransfers += isInside ? 1u : 0;
        return isInside ? chunk.Place : NoPlace;
    }

    /// <summary>Registers the chunk of <see cref="WantedMemory"/>: tens of microseconds for each 2 MiB. The owner's.</summary>
    /// <param name="first">First byte of the mapping that it lies in.</param>
    /// <param name="end">End of that mapping.</param>
    /// <returns>
    /// 0, or a negated errno. A chunk that was refused is not asked for again before <see cref="ForgetMemory"/>, and after -ENOMEM (RLIMIT_MEMLOCK)
    /// no other.
    /// </returns>
    public int RegisterMemory(byte* first, byte* end)
    {
        AssertOwner();
        nuint key = (nuint)_wantedMemory >> ChunkShift;
        _wantedMemory = null;
        byte* from = (byte*)(key << ChunkShift);
        byte* to = (byte*)((key + 1) << ChunkShift);
        from = from < first ? first : from;
        to = to > end ? end : to;
        int result = to > from ? UpdateBuffer((uint)_chunkCount, new IoVector(from, (nuint)(to - from))) : -Errno.EFAULT;
        int at = HashOf(key);
        while (_chunkKeys[at] != 0)
        {
            at = (at + 1) & (_chunkKeys.Length - 1);
        }

        _chunkKeys[at] = key;
        _chunks[at] = result == 0 ? new MemoryChunk { First = from, End = to, Place = _chunkCount } : default;
        _registeredCount += result == 0 ? 1 : 0;
        _chunkCount++;
        _isMemoryTableFull = result == -Errno.ENOMEM || _chunkCount == _chunksMax;
        return result;
    }

    /// <summary>Nothing lies in <see cref="WantedMemory"/> that may be registered.</summary>
    public void SkipWantedMemory() => _wantedMemory = null;

    /// <summary>
    /// Forgets every chunk. The owner's, before any operation is prepared over memory that has changed; operations in flight keep their pages, one
    /// that is prepared and not yet submitted fails with -EFAULT.
    /// </summary>
    public void ForgetMemory()
    {
        AssertOwner();
        _wantedMemory = null;
        for (uint place = 0; place < _chunkCount; place++)
        {
            _ = UpdateBuffer(place, default);
        }

        if (_chunkCount > 0)
        {
            Array.Clear(_chunkKeys);
        }

        _chunkCount = 0;
        _isMemoryTableFull = false;
        _registeredCount = 0;
    }

    // Neighbours far apart: the multiplier is 2^64 over the golden ratio.
    private int HashOf(nuint key) => (int)((ulong)key * 0x9E37_79B9_7F4A_7C15 >> (64 - _hashBits));

    private struct MemoryChunk
    {
        public byte* First;
        public byte* End;
        public int Place;
    }
}
