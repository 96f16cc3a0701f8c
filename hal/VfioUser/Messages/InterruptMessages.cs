using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// DEVICE_GET_IRQ_INFO and DEVICE_SET_IRQS for MSI-X, MSI and INTx as far as the function has them. The error interrupt exists because QEMU
/// complains without it, takes its descriptor, and is never signalled (QEMU would stop the guest); the device is never asked back (REQ).
/// </summary>
/// <remarks>
/// Each method returns 0 or an errno. Disabling a kind that the function does not have is no error: clients do it by habit. Descriptors by
/// which the client unmasks exist for INTx only, those by which it masks for none.
/// </remarks>
internal sealed class InterruptMessages
{
    private readonly IServedFunction _function;

    /// <summary>Creates it for the vectors of a function.</summary>
    internal InterruptMessages(IServedFunction function) => _function = function;

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
            Flags = request.Index == IrqIndex.Intx && _function.Line is not null
                ? IrqInfoPayload.FlagEventFd | IrqInfoPayload.FlagMaskable | IrqInfoPayload.FlagAutoMasked
                : IrqInfoPayload.FlagEventFd,
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

        if (request.Index == IrqIndex.Intx)
        {
            _function.Line?.Disable();
        }

        VectorsOf(request.Index)?.Disable();
        _function.InterruptsChanged();
        return 0;
    }

    private int SetDescriptors(Connection message, in SetIrqsPayload request, uint action)
    {
        bool isUnmaskOfPin = action == SetIrqsPayload.ActionUnmask && request.Index == IrqIndex.Intx;
        if (action != SetIrqsPayload.ActionTrigger && !isUnmaskOfPin)
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

        if (request.Index == IrqIndex.Intx)
        {
            int descriptor = message.DescriptorCount == 0 ? -1 : message.TakeDescriptor(0);
            if (isUnmaskOfPin)
            {
                _function.Line!.AssignUnmask(descriptor);
            }
            else
            {
                _function.Line!.Assign(descriptor);
            }
        }
        else if (VectorsOf(request.Index) is InterruptVectors vectors)
        {
            SetVectors(vectors, message, request);
        }

        // The error interrupt's descriptor is closed with the message: it would never be written to.
        _function.InterruptsChanged();
        return 0;
    }

    private static void SetVectors(InterruptVectors vectors, Connection message, in SetIrqsPayload request)
    {
        for (int i = 0; i < (int)request.Count; i++)
        {
            int vector = (int)request.Start + i;
            if (message.DescriptorCount == 0)
            {
                vectors.Release(vector);
            }
            else
            {
                vectors.Assign(vector, message.TakeDescriptor(i));
            }
        }
    }

    private int Act(ReadOnlySpan<byte> payload, in SetIrqsPayload request, uint action, uint data)
    {
        InterruptVectors? vectors = VectorsOf(request.Index);
        for (int i = 0; i < (int)request.Count; i++)
        {
            if (data == SetIrqsPayload.DataBool && payload[SetIrqsPayload.SizeBytes + i] == 0)
            {
                continue;
            }

            if (request.Index == IrqIndex.Intx)
            {
                Act(_function.Line!, action);
            }
            else if (vectors is not null)
            {
                Act(vectors, (int)request.Start + i, action);
            }
        }

        return 0;
    }

    private static void Act(InterruptLine line, uint action)
    {
        switch (action)
        {
            case SetIrqsPayload.ActionMask:
                line.Mask();
                break;
            case SetIrqsPayload.ActionUnmask:
                line.Unmask();
                break;
            default:
                line.Trigger();
                break;
        }
    }

    private static void Act(InterruptVectors vectors, int vector, uint action)
    {
        switch (action)
        {
            case SetIrqsPayload.ActionMask:
                vectors.Mask(vector);
                break;
            case SetIrqsPayload.ActionUnmask:
                vectors.Unmask(vector);
                break;
            default:
                vectors.Raise(vector);
                break;
        }
    }

    /// <summary>The client is gone: no descriptor is left, and nothing that was pending is the next client's.</summary>
    internal void DisableAll()
    {
        _function.Vectors.Disable();
        _function.Vectors.ResetState();
        _function.Messages?.Disable();
        _function.Messages?.ResetState();
        _function.Line?.Disable();
    }

    private InterruptVectors? VectorsOf(uint index) => index switch
    {
        IrqIndex.Msix => _function.Vectors,
        IrqIndex.Msi => _function.Messages,
        _ => null,
    };

    private uint CountOf(uint index) => index switch
    {
        IrqIndex.Intx => _function.Line is null ? 0u : 1,
        IrqIndex.Msi => (uint)(_function.Messages?.Count ?? 0),
        IrqIndex.Msix => (uint)_function.Vectors.Count,
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
