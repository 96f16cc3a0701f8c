using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Volatile Write Cache, 06h (NVMe Base 2.1 section 5.1.25.1.4). Off means that each write is durable before it completes; switching it off
/// also flushes what completed before. Without a backend that has such a cache the feature does not exist (Invalid Field).
/// </summary>
internal static unsafe class WriteCache
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.VolatileWriteCache,
        Name = "Volatile Write Cache",
        IsSupported = &IsPresent,
        Set = &Set,
        ContinueSet = &ContinueSet,
        Get = &Get,
    };

    /// <summary>
    /// True where any backend may lose completed writes with power (Identify Controller VWC), or where one may come that does: a host asks once.
    /// </summary>
    public static bool IsPresent(NvmeController controller)
    {
        if (controller.Namespaces.CanGrow)
        {
            return true;
        }

        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            if (controller.Namespaces[i].Backend.HasVolatileWriteCache)
            {
                return true;
            }
        }

        return false;
    }

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        bool enable = new VolatileWriteCacheFeature(slot.Entry.Cdw11).Enable;

        // First off, then the flush: a write that comes in between is durable by itself, one that came before is caught by the flush.
        controller.Features.Current.VolatileWriteCache = new VolatileWriteCacheFeature { Enable = enable };
        if (enable)
        {
            return CommandOutcome.Completed;
        }

        slot.NamespaceIndex = -1;
        return FlushFollowing(controller, ref slot);
    }

    private static CommandOutcome ContinueSet(NvmeController controller, ref CommandSlot slot)
    {
        slot.Status = slot.Operation.Status;
        return slot.Status.IsSuccess ? FlushFollowing(controller, ref slot) : GiveUp(controller);
    }

    /// <summary>Flushes the namespaces after <see cref="CommandSlot.NamespaceIndex"/>, one after the other.</summary>
    private static CommandOutcome FlushFollowing(NvmeController controller, ref CommandSlot slot)
    {
        for (int i = slot.NamespaceIndex + 1; i < controller.Namespaces.Count; i++)
        {
            if (!controller.Namespaces[i].IsActive || !controller.Namespaces[i].Backend.HasVolatileWriteCache)
            {
                continue;
            }

            slot.NamespaceIndex = i;
            slot.Operation.Begin(BackendOperationKind.Flush, BackendFlags.None, 0, 0);
            if (controller.Engine.SubmitOperation(ref slot) == CommandOutcome.Pending)
            {
                return CommandOutcome.Pending;
            }

            if (slot.Status.IsError)
            {
                return GiveUp(controller);
            }
        }

        return CommandOutcome.Completed;
    }

    /// <summary>What was cached is not safe, so the host must not believe that there is no cache.</summary>
    private static CommandOutcome GiveUp(NvmeController controller)
    {
        controller.Features.Current.VolatileWriteCache = new VolatileWriteCacheFeature { Enable = true };
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = controller.Features.Values(isDefault).VolatileWriteCache.Raw;
}
