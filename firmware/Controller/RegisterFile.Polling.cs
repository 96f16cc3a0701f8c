// Host writes on platforms that do not see them one by one: BAR 0 is memory that the host writes, and what it has written is found by
// comparing with the image.
//
// Two things follow from that. INTMC reads as 0 and not as the mask, because a host that clears all of the mask writes the very value
// that would stand there. And of two writes to the same register between two looks the last one counts; INTMS and INTMC together count as
// "set, then clear", the order of an interrupt handler.
//
// A store of ours over a register that the host writes is a race: what the host has stored since we looked would be lost. So the register is
// looked at again right before such a store, and one that has changed is left for the next look. What remains is the moment between that look
// and the store: on a carve-out the time of one load, on cached memory until the line is published. A host that writes the mask twice within
// it, or CC twice with reserved bits set, loses the second write; Linux and Windows do neither.

using System.Runtime.CompilerServices;
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <content>Compare and repair.</content>
public sealed unsafe partial class RegisterFile
{
    /// <summary>INTMC and CC: one aligned 64-bit load sees both.</summary>
    private const uint ControlWord = RegisterOffset.InterruptMaskClear;

    /// <summary>What is compared a word a call beside the control word, so that CSTS or INTMS is looked at every few calls: the first 40 bytes.</summary>
    private const uint FrontBytes = 0x28;

    /// <summary>The platform refreshes the registers in use in each poll; the rest of the page when the sweep comes by, a cache line at a time.</summary>
    private const uint SweepRefreshBytes = 64;

    private uint _front;
    private uint _sweep;

    /// <summary>
    /// Looks for what the host wrote. CC is looked at in every call, the front of the page (CAP, VS, INTMS, CSTS) every few calls, one more
    /// word of the page in each call, so that all of it is compared in 512 calls. Read-only bits that the host has changed are repaired.
    /// </summary>
    /// <returns>True where CC changed, which the caller then acts on.</returns>
    public bool PollHost()
    {
        bool changed = TakeControlWord();
        Compare(_front);
        _front = _front + sizeof(ulong) < FrontBytes ? _front + sizeof(ulong) : 0;
        if (_sweep % SweepRefreshBytes == 0)
        {
            _platform.RefreshBar0(_sweep, SweepRefreshBytes);
        }

        Compare(_sweep);
        _sweep = _sweep + sizeof(ulong) < PageBytes ? _sweep + sizeof(ulong) : 0;
        return changed;
    }

    private bool TakeControlWord()
    {
        ulong found = Mmio.Read64(_bar.Word64(ControlWord));
        if (found == Get64((int)ControlWord))
        {
            return false;
        }

        // INTMS first, for it may have been written before INTMC.
        Compare(RegisterOffset.Version);
        if ((uint)found != 0)
        {
            InterruptMask &= ~(uint)found;
            StoreUnlessChanged(RegisterOffset.InterruptMaskClear, (uint)found, 0);
            StoreUnlessChanged(RegisterOffset.InterruptMaskSet, Get32(RegisterOffset.InterruptMaskSet), InterruptMask);
        }

        return TakeConfiguration((uint)(found >> 32));
    }

    private bool TakeConfiguration(uint found)
    {
        uint before = Get32(RegisterOffset.ControllerConfiguration);
        uint after = found & ConfigurationMask;
        Set32(RegisterOffset.ControllerConfiguration, after);
        if (after != found)
        {
            StoreUnlessChanged(RegisterOffset.ControllerConfiguration, found, after);
        }

        if (new ControllerConfiguration(after).Enable && !new ControllerConfiguration(before).Enable)
        {
            TakeAdminQueueRegisters();
        }

        return after != before;
    }

    /// <summary>
    /// AQA, ASQ and ACQ count when CC.EN rises, and only then: until then they are the host's, and no half-written address is ever looked at.
    /// They were written before CC, and CC has been read.
    /// </summary>
    private void TakeAdminQueueRegisters()
    {
        Nvmepf.Hal.Mmio.Barrier.AfterStatus();
        TakeHostRegister(RegisterOffset.AdminQueueAttributes, AdminQueueAttributesMask);
        TakeHostRegister(RegisterOffset.AdminSubmissionQueueBase, AddressMask);
        TakeHostRegister(RegisterOffset.AdminSubmissionQueueBase + 4, uint.MaxValue);
        TakeHostRegister(RegisterOffset.AdminCompletionQueueBase, AddressMask);
        TakeHostRegister(RegisterOffset.AdminCompletionQueueBase + 4, uint.MaxValue);
    }

    private void TakeHostRegister(int offset, uint writableMask)
    {
        uint found = Mmio.Read32(_bar.Word32((uint)offset));
        Set32(offset, found & writableMask);
        if ((found & ~writableMask) != 0)
        {
            StoreUnlessChanged(offset, found, found & writableMask);
        }
    }

    /// <summary>Stores over a register that the host writes, unless it has changed since <paramref name="seen"/> was found there.</summary>
    private void StoreUnlessChanged(int offset, uint seen, uint value)
    {
        _platform.RefreshBar0((uint)offset, sizeof(uint));
        if (Mmio.Read32(_bar.Word32((uint)offset)) == seen)
        {
            Write32(offset, value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Compare(uint offset)
    {
        ulong found = Mmio.Read64(_bar.Word64(offset));
        if (found != Get64((int)offset))
        {
            TakeWord(offset, found);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TakeWord(uint offset, ulong found)
    {
        TakeDword((int)offset, (uint)found);
        TakeDword((int)offset + sizeof(uint), (uint)(found >> 32));
    }

    private void TakeDword(int offset, uint found)
    {
        if (found == Get32(offset))
        {
            return;
        }

        switch (offset)
        {
            case RegisterOffset.InterruptMaskSet:
                InterruptMask |= found;
                StoreUnlessChanged(offset, found, InterruptMask);
                break;
            case RegisterOffset.InterruptMaskClear:
            case RegisterOffset.ControllerConfiguration:
                break; // looked at in every call, together
            case RegisterOffset.AdminQueueAttributes:
            case RegisterOffset.AdminSubmissionQueueBase:
            case RegisterOffset.AdminSubmissionQueueBase + 4:
            case RegisterOffset.AdminCompletionQueueBase:
            case RegisterOffset.AdminCompletionQueueBase + 4:
                break; // the host's until CC.EN rises
            default:
                Write32(offset, Get32(offset));
                break;
        }
    }
}
