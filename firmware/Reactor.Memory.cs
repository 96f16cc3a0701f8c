using System.Runtime.CompilerServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware;

/// <content>
/// Which memory the ring has registered: pieces of mapped host memory that transfers use, one more a turn. All of them are forgotten when a host
/// changes its memory, because what is registered are pages, and other pages may now be where they were.
/// </content>
public sealed partial class Reactor
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
    private unsafe void RegisterWantedMemory(IoUring ring)
    {
        byte* wanted = ring.WantedMemory;
        bool isFound = false;
        for (int i = 0; i < _functions.Length && !isFound; i++)
        {
            isFound = TryRegister(ring, _functions[i].Platform.HostMemory, wanted);
        }

        for (int i = 0; i < _shares.Length && !isFound; i++)
        {
            isFound = TryRegister(ring, _shares[i].Platform.HostMemory, wanted);
        }

        if (!isFound)
        {
            ring.SkipWantedMemory(); // a transfer buffer of ours, or gone
        }
    }

    private unsafe bool TryRegister(IoUring ring, HostMemoryMap map, byte* wanted)
    {
        foreach (ref readonly HostMemoryRegion region in map.Regions)
        {
            ulong last = region.Last - region.Address;
            if (region.Pointer != null && wanted >= region.Pointer && (ulong)(wanted - region.Pointer) <= last)
            {
                int result = ring.RegisterMemory(region.Pointer, region.Pointer + last + 1);
                if (result == -Errno.ENOMEM)
                {
                    _log.Write("io_uring: no more memory is registered than {0} MiB: raise the locked-memory limit (ulimit -l)", ring.RegisteredChunks * 2);
                }

                return true;
            }
        }

        return false;
    }
}
