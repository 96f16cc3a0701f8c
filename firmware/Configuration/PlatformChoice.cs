using Nvmepf.Hal.Rk3588;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Judges what a controller says of its platform: one platform, and what that cannot do without. Attributes of the other one would be without
/// effect, so they are refused.
/// </summary>
internal static class PlatformChoice
{
    /// <summary>Fills the platform in, and the attributes of a board.</summary>
    /// <exception cref="ConfigurationException">Something is missing, belongs to the other platform, or is more than the platform can do.</exception>
    public static void Resolve(EndpointControllerNode controller, ConfigurationTree tree)
    {
        Place directory = controller.Place.Member("vfio_user").Member("directory");
        controller.Platform ??= controller.Rk3588.Count > 0 ? EndpointControllerNode.Rk3588Platform : EndpointControllerNode.VfioUserPlatform;
        bool isVfioUser = controller.Platform == EndpointControllerNode.VfioUserPlatform;
        if (isVfioUser && controller.VfioUserDirectory is null)
        {
            throw ConfigurationException.At(directory, "is missing; allowed: a directory for the socket, or --vfio-user DIR");
        }

        if (!isVfioUser && controller.VfioUserDirectory is string given)
        {
            throw ConfigurationException.ForValue(
                directory.IsOption ? new Place(null, "--vfio-user") : directory, given, "the platform is rk3588", "nothing, or platform vfio-user");
        }

        if (!isVfioUser && controller.DoorbellMode is string doorbells)
        {
            Place place = controller.Place.Member("vfio_user").Member("doorbells");
            throw ConfigurationException.ForValue(
                place.IsOption ? new Place(null, "--doorbells") : place, doorbells, "the platform is rk3588", "nothing, or platform vfio-user");
        }

        if (isVfioUser && controller.Rk3588.Count > 0)
        {
            Place group = controller.Place.Member(Rk3588Attributes.Group);
            throw ConfigurationException.At(
                group.IsOption ? new Place(null, "--rk3588") : group, "is set, and the platform is vfio-user; allowed: platform rk3588");
        }

        if (isVfioUser)
        {
            return;
        }

        Rk3588Attributes.Fill(controller);
        if (controller.Functions.Count > 1)
        {
            throw ConfigurationException.At(
                controller.Place.Member("functions"), $"{controller.Functions.Count} functions on an rk3588; allowed: one");
        }

        if (ServedConfiguration.StartedControllers(tree).Exists(other => other != controller && other.Platform == EndpointControllerNode.Rk3588Platform))
        {
            throw ConfigurationException.ForValue(controller.Place.Member("platform"), "rk3588", "another controller has it", "one rk3588");
        }
    }

    /// <summary>What a board is told. A function without an interrupt pin offers no INTx.</summary>
    public static Rk3588Options BoardOptions(EndpointControllerNode controller, FunctionNode function)
    {
        Rk3588Options options = Rk3588Attributes.ToOptions(controller);
        return function.InterruptPin == 0 ? options with { Switches = options.Switches with { LegacyInterrupt = false } } : options;
    }
}
