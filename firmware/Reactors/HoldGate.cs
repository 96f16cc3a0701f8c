// Holding a share. What a reactor polls of a controller that another reactor owns is a share; nothing of it is written by two threads on the
// way of a command. The rare work of the owner that touches a share (queues that come and go, resets, changes of host memory) is done while
// the share is held: its reactor leaves it alone.
//
// Nobody waits in place. The owner asks, goes on with its turns, and does the work in the turn in which all shares have answered. So two
// owners that ask each other at the same time cannot wait for each other: each answers in its next turn, and then has its own answer.
//
// Two words, one writer each. Requested is the owner's: even where the share runs, odd where it is to be left alone. Acknowledged is the
// share's reactor's: the last value of Requested that it has seen, stored between two turns of the share.
//   - The share stores Acknowledged with release order after all that it did; the owner loads it with acquire order before it touches the
//     share: the owner sees what the share did.
//   - The owner stores Requested (even) with release order after all that it did; the share loads it with acquire order before its turn: the
//     share sees what the owner did.
//   - A new request waits until the last release has been acknowledged, and the share acknowledges right before a turn. So between two holds
//     there is one whole turn at least, however fast the owner is.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Firmware.Reactors;

/// <summary>The agreement between a controller's own reactor and the reactor of one of its shares about who may touch the share.</summary>
/// <remarks>Wakes nobody; <see cref="ReactorLink.Wake"/> does.</remarks>
public sealed class HoldGate
{
    private Words _words;

    /// <summary>Owner: true from <see cref="TryRequest"/> to <see cref="Release"/>.</summary>
    public bool IsRequested => (_words.Requested & 1) != 0;

    /// <summary>Owner: true where the share is requested and its reactor leaves it alone.</summary>
    public bool IsGranted => IsRequested && Volatile.Read(ref _words.Acknowledged) == _words.Requested;

    /// <summary>Owner: asks for the share.</summary>
    /// <returns>False where the share has had no turn since the last release; to be tried again in the next turn.</returns>
    public bool TryRequest()
    {
        if (!IsRequested)
        {
            if (Volatile.Read(ref _words.Acknowledged) != _words.Requested)
            {
                return false;
            }

            Volatile.Write(ref _words.Requested, _words.Requested + 1);
        }

        return true;
    }

    /// <summary>Owner: lets the share run again, or takes a request back that was not granted yet.</summary>
    public void Release()
    {
        if (IsRequested)
        {
            Volatile.Write(ref _words.Requested, _words.Requested + 1);
        }
    }

    /// <summary>Share: to be asked before each turn.</summary>
    /// <returns>True where the share is held: it has no turn now.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MustWait()
    {
        uint requested = Volatile.Read(ref _words.Requested);
        return requested == _words.Seen ? (requested & 1) != 0 : Acknowledge(requested);
    }

    /// <summary>Share: true where <see cref="MustWait"/> has something to answer, so that its reactor does not go to sleep.</summary>
    public bool HasNews
    {
        get
        {
            uint requested = Volatile.Read(ref _words.Requested);
            return requested != _words.Seen || (requested & 1) != 0;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Acknowledge(uint requested)
    {
        _words.Seen = requested;
        Volatile.Write(ref _words.Acknowledged, requested);
        return (requested & 1) != 0;
    }

    /// <summary>Each writer's words in a cache line of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 320)]
    private struct Words
    {
        [FieldOffset(128)] public uint Requested;
        [FieldOffset(256)] public uint Acknowledged;
        [FieldOffset(260)] public uint Seen; // Acknowledged, for its writer
    }
}
