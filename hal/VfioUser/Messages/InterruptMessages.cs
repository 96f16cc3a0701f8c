using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// DEVICE_GET_IRQ_INFO and DEVICE_SET_IRQS. MSI-X is what the device has; the error interrupt exists because QEMU complains
/// without it, takes its descriptor, and is never signalled (QEMU would stop the guest).
/// </summary>
/// <remarks>Each method returns 0 or an errno. INTx and MSI have no vectors, but disabling them is no error: clients do it by habit.</remarks>
internal sealed class InterruptMessages
{
    private readonly IServedFunction _function;
    private readonly InterruptVectors _vectors;

    /// <summary>Creates it for the vectors of a function.</summary>
    internal InterruptMessages(IServedFunction function)
    {
        _function = function;
        _vectors = function.Vectors;
    }

    /// <summary>DEVICE_GET_IRQ_INFO.</summary>
    internal int GetInfo(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!MemoryMarshal.TryRead(payload, out IrqInfoPayload request)
            || request.ArgumentSizeBytes < IrqInfoPayload.SizeBytes
            || request.Index >= IrqIndex.Count)
        {
            return Errno.EINVAL;
        }

        reply.Add(new IrqInfoPayload
        {
            ArgumentSizeBytes = IrqInfoPayload.SizeBytes,
            Flags = IrqInfoPayload.FlagEventFd,
            Index = request.Index,
            Count = CountOf(request.Index),
        });
        return 0;
    }

    /// <summary>DEVICE_SET_IRQS; takes over the descriptors that it uses.</summary>
    internal int Set(Connection message)
    {
        if (!MemoryMarshal.TryRead(message.Payload, out SetIrqsPayload request)
            || request.ArgumentSizeBytes < SetIrqsPayload.SizeBytes
            || request.Index >= IrqIndex.Count)
        {
            return Errno.EINVAL;
        }

        uint action = request.Flags & SetIrqsPayload.ActionsMask;
        uint data = request.Flags & SetIrqsPayload.DataMask;
        bool oneOfEach = uint.IsPow2(action) && uint.IsPow2(data) && (request.Flags & ~(SetIrqsPayload.ActionsMask | SetIrqsPayload.DataMask)) == 0;
        bool descriptorsFit = message.DescriptorCount == 0
            || (data == SetIrqsPayload.DataEventFd && (uint)message.DescriptorCount == request.Count);
        if (!oneOfEach || !descriptorsFit)
        {
            return Errno.EINVAL;
        }

        if (request.Count == 0)
        {
            return Disable(request, action, data);
        }

        uint count = CountOf(request.Index);
        bool inRange = request.Start < count && request.Count <= count - request.Start;
        bool hasBools = data != SetIrqsPayload.DataBool || (uint)message.Payload.Length - SetIrqsPayload.SizeBytes >= request.Count;
        if (!inRange || !hasBools || (request.Index == IrqIndex.Error && action != SetIrqsPayload.ActionTrigger))
        {
            return Errno.EINVAL;
        }

        return data == SetIrqsPayload.DataEventFd ? SetDescriptors(message, request, action) : Act(message.Payload, request, action, data);
    }

    private int Disable(in SetIrqsPayload request, uint action, uint data)
    {
        if (action != SetIrqsPayload.ActionTrigger || data != SetIrqsPayload.DataNone || request.Start != 0)
        {
            return Errno.EINVAL;
        }

        if (request.Index == IrqIndex.Msix)
        {
            _vectors.Disable();
            _function.InterruptsChanged();
        }

        return 0;
    }

    private int SetDescriptors(Connection message, in SetIrqsPayload request, uint action)
    {
        // Descriptors by which the client masks and unmasks are for level interrupts, which there are none of.
        if (action != SetIrqsPayload.ActionTrigger)
        {
            return Errno.EINVAL;
        }

        // All are looked at before any is used, so that an error changes nothing.
        for (int i = 0; i < message.DescriptorCount; i++)
        {
            int descriptor = message.PeekDescriptor(i);
            if (!IsEvent(descriptor) || Files.SetFlags(descriptor, OpenFlags.ReadWrite | OpenFlags.NonBlocking) < 0)
            {
                return Errno.EINVAL;
            }
        }

        // The error interrupt's descriptor is closed with the message: it would never be written to.
        for (int i = 0; i < (int)request.Count && request.Index == IrqIndex.Msix; i++)
        {
            int vector = (int)request.Start + i;
            if (message.DescriptorCount == 0)
            {
                _vectors.Release(vector);
            }
            else
            {
                _vectors.Assign(vector, message.TakeDescriptor(i));
            }
        }

        _function.InterruptsChanged();
        return 0;
    }

    private int Act(ReadOnlySpan<byte> payload, in SetIrqsPayload request, uint action, uint data)
    {
        for (int i = 0; i < (int)request.Count && request.Index == IrqIndex.Msix; i++)
        {
            if (data == SetIrqsPayload.DataBool && payload[SetIrqsPayload.SizeBytes + i] == 0)
            {
                continue;
            }

            int vector = (int)request.Start + i;
            switch (action)
            {
                case SetIrqsPayload.ActionMask:
                    _vectors.Mask(vector);
                    break;
                case SetIrqsPayload.ActionUnmask:
                    _vectors.Unmask(vector);
                    break;
                default:
                    _vectors.Raise(vector);
                    break;
            }
        }

        return 0;
    }

    private uint CountOf(uint index) => index switch
    {
        IrqIndex.Msix => (uint)_vectors.Count,
        IrqIndex.Error => 1,
        _ => 0,
    };

    /// <summary>Whether a descriptor is an event counter: a write of 8 bytes to anything else could block, or damage the client's enemy.</summary>
    private static bool IsEvent(int descriptor)
    {
        const string Folder = "/proc/self/fd/";
        const int TargetBytes = 32;
        Span<byte> digits = stackalloc byte[DecimalText.LengthMax];
        Span<char> path = stackalloc char[Folder.Length + DecimalText.LengthMax];
        Folder.CopyTo(path);
        int digitCount = DecimalText.Write((ulong)descriptor, digits);
        for (int i = 0; i < digitCount; i++)
        {
            path[Folder.Length + i] = (char)digits[i];
        }

        Span<byte> target = stackalloc byte[TargetBytes];
        int targetLength = Files.ReadLink(path[..(Folder.Length + digitCount)], target);
        return targetLength > 0 && target[..targetLength].SequenceEqual("anon_inode:[eventfd]"u8);
    }
}
