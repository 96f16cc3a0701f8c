using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Startup;

/// <summary>An ANA group of a port changes its state, by the directory that is followed or at the console.</summary>
internal static class AnaStateChange
{
    /// <summary>Asks the controllers whose functions are on the port. Who asks notes the state in the tree once all have it.</summary>
    /// <param name="controllers">Controllers that are served.</param>
    /// <param name="tree">The configuration that is served.</param>
    /// <param name="port">The port.</param>
    /// <param name="group">ANA group.</param>
    /// <param name="state">Its state from here on.</param>
    /// <returns>The function that did not take it, and why; null where all have it.</returns>
    public static string? Ask(IEnumerable<NvmeController> controllers, ConfigurationTree tree, PortNode port, uint group, AnaState state)
    {
        foreach (NvmeController controller in controllers)
        {
            if (!IsOn(controller, tree, port))
            {
                continue;
            }

            ControlError error = controller.Control.Ask(new SetAnaStateRequest(group, state));
            if (error != ControlError.None)
            {
                return $"{controller.Settings.Name}: {ControlErrorText.Describe(error)}";
            }
        }

        return null;
    }

    /// <summary>Whether a controller's function is on a port.</summary>
    public static bool IsOn(NvmeController controller, ConfigurationTree tree, PortNode port) =>
        tree.Functions.Find(node => node.Name == controller.Settings.Name)?.PortId == port.PortId;
}
