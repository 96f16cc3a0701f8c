using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware;

/// <content>
/// Which memory the ring has registered: pieces of our own transfer buffers that transfers use, one more a turn, and where that is asked for of mapped
/// host memory. With those, all are forgotten when a host changes its memory, because what is registered are pages, and other pages may now be
/// where they were; without, the firmware's own stay where they are, and so does what is registered.
/// </content>
public sealed unsafe partial class Reactor
{
    private uint[] _memoryGenerations = []; // by function, then by share; what is registered is of these

    /// <summary>To be called before each look at a controller's queues: nothing may be prepared over memory that has gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FollowMemory(int index, HostMemoryMap map)
    {
        if (_options.RegistersMemory && (index >= _memoryGenerations.Length || map.Generation != _memoryGenerations[index]))
        {
            ForgetMemory(index, map);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ForgetMemory(int index, HostMemoryMap map)
    {
        Invariant.Check(index < _memoryGenerations.Length, "the reactor has started");
        _memoryGenerations[index] = map.Generation;
        _ring!.ForgetMemory();
    }

    /// <summary>Pins the piece of memory that a transfer has missed last.</summary>
    private void RegisterWantedMemory(IoUring ring)
    {
        byte* wanted = ring.WantedMemory;
        bool isFound = false;
        for (int i = 0; i < _functions.Length && !isFound; i++)
        {
            isFound = TryRegister(ring, _functions[i].Controller.Home, wanted);
        }

        for (int i = 0; i < _shares.Length && !isFound; i++)
        {
            isFound = TryRegister(ring, _shares[i], wanted);
        }

        if (!isFound)
        {
            ring.SkipWantedMemory(); // gone
        }
    }

    /// <summary>How many pieces the transfer buffers of all shares may have.</summary>
    private int CountOwnChunks()
    {
        nuint count = 0;
        for (int i = 0; i < _functions.Length; i++)
        {
            count += CountChunks(_functions[i].Controller.Home);
        }

        for (int i = 0; i < _shares.Length; i++)
        {
            count += CountChunks(_shares[i]);
        }

        return (int)Math.Clamp(count, 1, IoUring.MemoryChunksMax);
    }

    // Two more for each pool, which begins and ends within a piece.
    private static nuint CountChunks(QueueShare share) =>
        (share.Buffers.LengthBytes / IoUring.MemoryChunkBytes) + (share.SmallBuffers.LengthBytes / IoUring.MemoryChunkBytes) + 4;

    private bool TryRegister(IoUring ring, QueueShare share, byte* wanted) =>
        TryRegister(ring, share.Buffers, wanted) || TryRegister(ring, share.SmallBuffers, wanted)
        || (_options.RegistersMemory && TryRegister(ring, share.Platform.HostMemory, wanted));

    private bool TryRegister(IoUring ring, BufferPool pool, byte* wanted)
    {
        bool isInside = wanted >= pool.Memory && (nuint)(wanted - pool.Memory) < pool.LengthBytes;
        if (isInside)
        {
            Register(ring, pool.Memory, pool.Memory + pool.LengthBytes);
        }

        return isInside;
    }

    private bool TryRegister(IoUring ring, HostMemoryMap map, byte* wanted)
    {
        foreach (ref readonly HostMemoryRegion region in map.Regions)
        {
            ulong last = region.Last - region.Address;
            if (region.Pointer != null && wanted >= region.Pointer && (ulong)(wanted - region.Pointer) <= last)
            {
                Register(ring, region.Pointer, region.Pointer + last + 1);
                return true;
            }
        }

        return false;
    }

    private void Register(IoUring ring, byte* first, byte* end)
    {
        if (ring.RegisterMemory(first, end) == -Errno.ENOMEM)
        {
            _log.Write("io_uring: no more memory is registered than {0} MiB: raise the locked-memory limit (ulimit -l)", ring.RegisteredChunks * 2);
        }
    }
}
